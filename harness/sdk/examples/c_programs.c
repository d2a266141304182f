/* harness/sdk/examples/c_programs.c: closed programs in C: a ticket lock and mutants of it, message passing and a spin
 * loop with the kernel's READ_ONCE. c_programs_test.py holds their verdicts.
 */
#include "harness/sdk/closed_program.h"

/* As the kernel means them: marked, and ordering nothing. */
#define READ_ONCE(x) (*(const volatile __typeof__(x)*)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x)*)&(x) = (value))
#define smp_store_release(p, value) __atomic_store_n((p), (value), __ATOMIC_RELEASE)
#define smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

/* ---- a ticket lock ---- */

struct ticket_lock {
  unsigned next;
  unsigned owner;
};

static struct ticket_lock lock;
static int counter; /* guarded by lock */

static void ticket_lock(void) {
  const unsigned mine = __atomic_fetch_add(&lock.next, 1, __ATOMIC_RELAXED);
  while (smp_load_acquire(&lock.owner) != mine) cfgt_cpu_relax();
}

static void ticket_unlock(void) { smp_store_release(&lock.owner, READ_ONCE(lock.owner) + 1); }

static void count_twice(void* unused) {
  (void)unused;
  for (int i = 0; i < 2; ++i) {
    ticket_lock();
    ++counter;
    ticket_unlock();
  }
}

/* Mutant: the owner's word is stored by a marked store, which releases nothing. */
static void count_twice_once(void* unused) {
  (void)unused;
  for (int i = 0; i < 2; ++i) {
    ticket_lock();
    ++counter;
    WRITE_ONCE(lock.owner, READ_ONCE(lock.owner) + 1);
  }
}

/* Mutant: the ticket is drawn by a look and a store, so that two may draw the same. */
static void count_twice_torn(void* unused) {
  (void)unused;
  for (int i = 0; i < 2; ++i) {
    const unsigned mine = READ_ONCE(lock.next);
    WRITE_ONCE(lock.next, mine + 1);
    while (smp_load_acquire(&lock.owner) != mine) cfgt_cpu_relax();
    ++counter;
    ticket_unlock();
  }
}

static void three_tasks(void (*body)(void*)) {
  cfgt_task tasks[3];
  for (int i = 0; i < 3; ++i) tasks[i] = cfgt_task_start("counts", -1, body, 0);
  for (int i = 0; i < 3; ++i) cfgt_task_join(tasks[i]);
  cfgt_assert(counter == 6);
}

static void run_ticket(void) { three_tasks(count_twice); }
static void run_ticket_once(void) { three_tasks(count_twice_once); }
static void run_ticket_torn(void) { three_tasks(count_twice_torn); }

/* ---- message passing ---- */

static int message; /* plain */
static int flag;

static void send_released(void* unused) {
  (void)unused;
  message = 42;
  smp_store_release(&flag, 1);
}

static void send_fenced(void* unused) {
  (void)unused;
  message = 42;
  smp_wmb();
  WRITE_ONCE(flag, 1);
}

static void send_marked(void* unused) {
  (void)unused;
  message = 42;
  WRITE_ONCE(flag, 1); /* orders nothing */
}

static void pass(void (*send)(void*)) {
  const cfgt_task sender = cfgt_task_start("sends", -1, send, 0);
  while (READ_ONCE(flag) == 0) cfgt_cpu_relax();
  smp_rmb();
  cfgt_assert(message == 42);
  cfgt_task_join(sender);
}

static void run_passing(void) { pass(send_released); }
static void run_passing_fenced(void) { pass(send_fenced); }
static void run_passing_marked(void) { pass(send_marked); }

/* The same of a message that is marked too: no race, and the order is all that there is. */
static int marked;

static void send_all_marked(void* unused) {
  (void)unused;
  WRITE_ONCE(marked, 42);
  smp_store_release(&flag, 1);
}

static void run_marked(void) {
  const cfgt_task sender = cfgt_task_start("sends", -1, send_all_marked, 0);
  if (smp_load_acquire(&flag)) cfgt_assert(READ_ONCE(marked) == 42);
  cfgt_task_join(sender);
}

/* A pointer that is published, and what it points to: by its dependency alone, and by the word for it. */
struct published {
  int value;
};
static struct published first, second, *current_one = &first;

static void publish(void* unused) {
  (void)unused;
  second.value = 1;
  smp_store_release(&current_one, &second);
}

static int value_of(struct published* at) { return at->value; }

static void subscribe(int by_dependency) {
  const cfgt_task publisher = cfgt_task_start("publishes", -1, publish, 0);
  if (by_dependency) {
    cfgt_assert(value_of(READ_ONCE(current_one)) < 2);
  } else {
    cfgt_assert(value_of(cfgt_dereference(current_one)) < 2);
  }
  cfgt_task_join(publisher);
}

static void run_dependency(void) { subscribe(1); }
static void run_dereference(void) { subscribe(0); }

/* ---- sleeping, and an interrupt ---- */

static int ready;
static cfgt_task sleeper;
static int by_handler; /* of the CPU whose interrupt it is: interrupts off guard it */

static void wake(void* unused) {
  (void)unused;
  smp_store_release(&ready, 1);
  cfgt_unpark(sleeper);
}

static void run_park(void) {
  sleeper = cfgt_task_current();
  const cfgt_task waker = cfgt_task_start("wakes", -1, wake, 0);
  while (smp_load_acquire(&ready) == 0) cfgt_park();
  cfgt_task_join(waker);
}

static void handler(int vector) {
  (void)vector;
  ++by_handler;
}

static void interrupted(int off) {
  cfgt_irq_handler(handler);
  cfgt_irq_raise(cfgt_cpu(), 1);
  if (off) cfgt_irq_disable();
  ++by_handler;
  if (off) cfgt_irq_enable();
}

static void run_irq_off(void) { interrupted(1); }
static void run_irq_on(void) { interrupted(0); }

/* ---- what the machine does not have ---- */

int beside[4]; /* not static: clang would keep the one element that is used, under another name */

static void idle(void* unused) { (void)unused; }
static void add_beside(void* unused) {
  (void)unused;
  ++beside[2];
}

static void run_join(void) { cfgt_task_join(99); }
static void run_cpu(void) { cfgt_task_start("a", 99, idle, 0); }
static void run_tasks(void) {
  for (int i = 0; i < 5000; ++i) cfgt_task_join(cfgt_task_start("a", -1, idle, 0));
}
static void run_globals(void) {
  const cfgt_task a = cfgt_task_start("a", -1, add_beside, 0), b = cfgt_task_start("b", -1, add_beside, 0);
  cfgt_task_join(a);
  cfgt_task_join(b);
}

/* What a program leaves behind is explored to its end. */
static void fails(void* unused) {
  (void)unused;
  cfgt_fail("the task that nobody joined ran");
}
static void run_left(void) { cfgt_task_start("left", -1, fails, 0); }

static void run_irq_cpu(void) {
  cfgt_irq_handler(handler);
  cfgt_irq_raise(8, 1);
}

/* Two that are the same but for their names, and names that are types to a C++ demangler. */
int a;
static void rd(void* unused) {
  (void)unused;
  ++a;
}
static void wr(void* unused) {
  (void)unused;
  ++a;
}
static void run_twins(void) {
  const cfgt_task t = cfgt_task_start("rd", -1, rd, 0), u = cfgt_task_start("wr", -1, wr, 0);
  cfgt_task_join(t);
  cfgt_task_join(u);
}

const struct cfgt_program cfgt_programs[] = {
    {"c-ticket", "a ticket lock over a plain counter", run_ticket},
    {"c-ticket-released-once", "mutant: released by WRITE_ONCE", run_ticket_once},
    {"c-ticket-drawn-twice", "mutant: the ticket is drawn by a read and a write", run_ticket_torn},
    {"c-passing", "message passing: READ_ONCE and a read barrier against smp_store_release", run_passing},
    {"c-passing-fenced", "message passing: barriers on both sides", run_passing_fenced},
    {"c-passing-once", "mutant: WRITE_ONCE alone", run_passing_marked},
    {"c-marked", "message passing without a plain access", run_marked},
    {"c-dependency", "what a READ_ONCE of its pointer orders in the kernel, and nobody sees here", run_dependency},
    {"c-dereference", "the same by cfgt_dereference()", run_dereference},
    {"c-park", "one sleeps until another has stored and woken it", run_park},
    {"c-irq-off", "a counter shared with a handler, interrupts off", run_irq_off},
    {"c-irq-on", "mutant: interrupts on", run_irq_on},
    {"c-joins-nobody", "misuse: joins a task that was not started", run_join},
    {"c-no-such-cpu", "misuse: starts a task on CPU 99", run_cpu},
    {"c-many-tasks", "5,000 tasks", run_tasks},
    {"c-globals", "mutant: two add to one global", run_globals},
    {"c-twins", "mutant: two functions that are the same add to one global", run_twins},
    {"c-joins-none", "mutant: a task that fails is not joined", run_left},
    {"c-no-such-irq-cpu", "misuse: raises an interrupt on CPU 8", run_irq_cpu},
    {0, 0, 0},
};
