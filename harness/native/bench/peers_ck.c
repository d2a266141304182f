#include "harness/native/bench/peers_ck.h"

#include <ck_rwlock.h>
#include <ck_spinlock.h>
#include <stdalign.h>
#include <stdlib.h>

enum { LINE = 64, TASKS = 2 };

/* Queue locks stand on nodes that their user supplies. A task has one of its own here, found by its number, and hands
   it in each time. CLH nodes wander: a task leaves with the node of whoever was in front, and the lock owns one too. */
struct guarded {
  alignas(LINE) union {
    ck_spinlock_cas_t cas;
    ck_spinlock_fas_t fas;
    ck_spinlock_ticket_t ticket;
    ck_spinlock_mcs_t mcs;
    ck_spinlock_clh_t* clh;
    ck_rwlock_t rw;
  } lock;
  alignas(LINE) uint64_t counter;
  struct {
    alignas(LINE) ck_spinlock_mcs_context_t mcs;
  } mcs_nodes[TASKS];
  struct {
    alignas(LINE) ck_spinlock_clh_t clh;
  } clh_nodes[TASKS + 1];
  struct {
    alignas(LINE) ck_spinlock_clh_t* clh;
  } clh_of[TASKS];
};

static uint64_t close_guarded(void* object) {
  struct guarded* guarded = object;
  const uint64_t counter = guarded->counter;
  free(guarded);
  return counter;
}

static struct guarded* make_guarded(void) {
  struct guarded* guarded = aligned_alloc(LINE, sizeof(struct guarded));
  if (guarded == NULL) abort();
  guarded->counter = 0;
  return guarded;
}

/* `ADD`: 1 under an exclusive lock, 0 under a shared one. */
#define CK_LOOP(NAME, INIT, LOCK, UNLOCK, ADD)                                               \
  static void* open_##NAME(const char* name) {                                               \
    (void)name;                                                                              \
    struct guarded* guarded = make_guarded();                                                \
    INIT;                                                                                    \
    return guarded;                                                                          \
  }                                                                                          \
  static uint64_t rounds_##NAME(void* object, int task, uint64_t rounds, const bool* stop) { \
    struct guarded* guarded = object;                                                        \
    (void)task;                                                                              \
    uint64_t made = 0;                                                                       \
    for (; made < rounds && !__atomic_load_n(stop, __ATOMIC_RELAXED); ++made) {              \
      LOCK;                                                                                  \
      const uint64_t counter = guarded->counter;                                             \
      if (ADD) guarded->counter = counter + 1;                                               \
      __asm__ volatile("" : : "r"(counter) : "memory");                                      \
      UNLOCK;                                                                                \
    }                                                                                        \
    return made;                                                                             \
  }

CK_LOOP(cas, ck_spinlock_cas_init(&guarded->lock.cas), ck_spinlock_cas_lock(&guarded->lock.cas),
        ck_spinlock_cas_unlock(&guarded->lock.cas), 1)
CK_LOOP(fas, ck_spinlock_fas_init(&guarded->lock.fas), ck_spinlock_fas_lock(&guarded->lock.fas),
        ck_spinlock_fas_unlock(&guarded->lock.fas), 1)
CK_LOOP(ticket, ck_spinlock_ticket_init(&guarded->lock.ticket), ck_spinlock_ticket_lock(&guarded->lock.ticket),
        ck_spinlock_ticket_unlock(&guarded->lock.ticket), 1)
CK_LOOP(mcs, ck_spinlock_mcs_init(&guarded->lock.mcs),
        ck_spinlock_mcs_lock(&guarded->lock.mcs, &guarded->mcs_nodes[task].mcs),
        ck_spinlock_mcs_unlock(&guarded->lock.mcs, &guarded->mcs_nodes[task].mcs), 1)
CK_LOOP(clh, for (int i = 0; i < TASKS; ++i) guarded->clh_of[i].clh = &guarded->clh_nodes[i].clh;
        ck_spinlock_clh_init(&guarded->lock.clh, &guarded->clh_nodes[TASKS].clh),
        ck_spinlock_clh_lock(&guarded->lock.clh, guarded->clh_of[task].clh),
        ck_spinlock_clh_unlock(&guarded->clh_of[task].clh), 1)
CK_LOOP(read, ck_rwlock_init(&guarded->lock.rw), ck_rwlock_read_lock(&guarded->lock.rw),
        ck_rwlock_read_unlock(&guarded->lock.rw), 0)
CK_LOOP(write, ck_rwlock_init(&guarded->lock.rw), ck_rwlock_write_lock(&guarded->lock.rw),
        ck_rwlock_write_unlock(&guarded->lock.rw), 1)

const struct ck_loop ck_loops[CK_LOOPS] = {
    {"ck_spinlock_cas", false, open_cas, rounds_cas, close_guarded},
    {"ck_spinlock_fas", false, open_fas, rounds_fas, close_guarded},
    {"ck_spinlock_ticket", false, open_ticket, rounds_ticket, close_guarded},
    {"ck_spinlock_mcs", false, open_mcs, rounds_mcs, close_guarded},
    {"ck_spinlock_clh", false, open_clh, rounds_clh, close_guarded},
    {"ck_rwlock/read", true, open_read, rounds_read, close_guarded},
    {"ck_rwlock/write", false, open_write, rounds_write, close_guarded},
};
