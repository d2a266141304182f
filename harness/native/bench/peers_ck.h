/* harness/native/bench/peers_ck.h: Concurrency Kit's locks, which its headers offer to C alone (Samy Al Bahra et al.,
   concurrencykit.org, BSD licence). The loops are those of loops.h, spelt in C. */
#ifndef CFGTORTURE_HARNESS_NATIVE_BENCH_PEERS_CK_H_
#define CFGTORTURE_HARNESS_NATIVE_BENCH_PEERS_CK_H_

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ck_loop {
  const char* name;
  bool shared;
  void* (*open)(const char* name);
  uint64_t (*rounds)(void* object, int task, uint64_t rounds, const bool* stop);
  uint64_t (*close)(void* object);
};

enum { CK_LOOPS = 7 };
extern const struct ck_loop ck_loops[CK_LOOPS];

#ifdef __cplusplus
}
#endif

#endif /* CFGTORTURE_HARNESS_NATIVE_BENCH_PEERS_CK_H_ */
