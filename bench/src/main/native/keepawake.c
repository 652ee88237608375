/* Keeps every processor from halting, with a loop each at idle priority: waking a thread on a halted
 * processor of a virtual machine takes an exit to its host, some 25 microseconds.
 *   keepawake --seconds N */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "measure.h"
#include "settings.h"

static void loop_on(int processor, uint64_t end) {
  struct sched_param none = {0};
  pin_to(processor);
  if (sched_setscheduler(0, SCHED_IDLE, &none)) {
    fail("SCHED_IDLE");
  }
  while (now_nanos() < end) {
  }
}

int main(int argument_count, char **arguments) {
  long seconds = 0;
  const struct setting settings[] = {{.name = "--seconds", .number = &seconds}, {0}};
  (void)argument_count;
  read_settings(arguments, settings);

  uint64_t end = now_nanos() + (uint64_t)seconds * 1000000000u;
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  for (int i = 1; i < processors; i++) {
    if (!fork()) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      loop_on(i, end);
      return 0;
    }
  }
  loop_on(0, end);
  return 0;
}
