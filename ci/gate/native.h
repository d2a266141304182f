// ci/gate/native.h: is the change slower on real threads? Decided from pairs: a slice of the base's run and one of the
// change's, right after one another on one CPU, whose figures are never held against another machine or day.
//
// A figure is the median latency of an operation. What else the host runs delays some operations by much, and the
// median not at all; a rate it changes by whatever it takes. A pair's two figures share the minute and the CPU, so that
// their ratio is that of the two programs.
//
// Rule       interval *and* size: regressed if the interval lies above 1 and the estimate at or above 1 + least effect
//            (the larger of a share and some nanoseconds); holds if the interval lies below that; else undecided, and
//            more pairs are taken.
// Cries wolf by 1 in 40 for a change of exactly the least effect, by far less for none; a regression is measured once
//            more before it is believed, and both have to say so.
// Misses     what slows only threads that contend (the model's figures have it), and what is below the least effect.
#ifndef CFGTORTURE_CI_GATE_NATIVE_H_
#define CFGTORTURE_CI_GATE_NATIVE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "ci/gate/shift.h"
#include "harness/result/run_result.h"

namespace cfgtorture::ci {

struct NativeRule {
  double least_effect = 0.10;   // of the base's latency, and
  double least_effect_ns = 50;  // what one cache line from another CPU costs: two builds differ by it for no reason
  double confidence = 0.95;
  size_t least_pairs = 9;
  uint64_t least_operations = 30;  // in each of a pair's slices, else the pair says nothing of the operation
  double longest_ns = 40'000;      // what takes longer sleeps, and is as quick as the host wakes it up
};

enum class NativeVerdict { kHolds, kRegressed, kUndecided };

struct NativePair {
  double base_ns = 0, change_ns = 0;
};

// Of an operation that takes the base so long, the ratio that matters.
double LimitOf(const NativeRule& rule, double base_ns);

struct NativeDecision {
  NativeVerdict verdict = NativeVerdict::kUndecided;
  Shift ratio;                        // change to base
  double base_ns = 0, change_ns = 0;  // medians over the pairs, for people
  size_t pairs = 0;
};
NativeDecision Decide(const std::vector<NativePair>& pairs, const NativeRule& rule);

// The pairs of each operation that both slices of a pair did often enough.
struct OperationPairs {
  std::string operation;
  std::vector<NativePair> pairs;
  uint64_t operations = 0;  // of both sides, in all pairs
};
// The one that is done most often, and so is measured best; null if there is none.
const OperationPairs* MostFrequent(const std::vector<OperationPairs>& operations);
void AddPair(const std::vector<OperationMetric>& base, const std::vector<OperationMetric>& change,
             const NativeRule& rule, std::vector<OperationPairs>& operations);

// What a first series and, where it was suspected, a second one of an operation come to. `again` empty: none was made.
GateRow NativeRow(const std::string& cell, const std::string& operation, const NativeDecision& first,
                  const NativeDecision* again, const NativeRule& rule);

}  // namespace cfgtorture::ci

#endif  // CFGTORTURE_CI_GATE_NATIVE_H_
