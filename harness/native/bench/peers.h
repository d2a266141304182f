// harness/native/bench/peers.h: the native peers of our locks: what other people's users run on this machine.
#ifndef CFGTORTURE_HARNESS_NATIVE_BENCH_PEERS_H_
#define CFGTORTURE_HARNESS_NATIVE_BENCH_PEERS_H_

#include <vector>

#include "harness/native/bench/loops.h"

namespace cfgtorture::bench {

// pthread_spinlock, std::shared_mutex, absl::Mutex, and Concurrency Kit's spin locks and reader-writer lock.
const std::vector<LockLoop>& Peers();

// Which peer a lock of ours is held against.
struct Pairing {
  const char* ours;
  const char* peer;
  bool same;  // the same algorithm; else the nearest there is
  const char* note;
};
const std::vector<Pairing>& Pairings();

}  // namespace cfgtorture::bench

#endif  // CFGTORTURE_HARNESS_NATIVE_BENCH_PEERS_H_
