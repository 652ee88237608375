/* Holds memory that the kernel and its host have handed out lately, to be released just before someone
 * else is measured. Free pages go back to the host of a virtual machine within seconds, and the first
 * touch of such a page costs several times as much as of one that was recently in use.
 *   warmpool --mib N
 * Reads lines "hold" and "release", and answers each with a line "done". Ends with its input. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "memory.h"
#include "settings.h"

static char *hold(size_t bytes) {
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    fail("map memory");
  }
  madvise(memory, bytes, MADV_HUGEPAGE); /* only to be quicker */
  for (size_t i = 0; i < bytes; i += PAGE) {
    memory[i] = 1;
  }
  return memory;
}

int main(int argument_count, char **arguments) {
  long mib = 0;
  char line[64];
  char *held = NULL;
  const struct setting settings[] = {{.name = "--mib", .number = &mib}, {0}};
  (void)argument_count;
  read_settings(arguments, settings);
  if (!mib) {
    wrong_usage("--mib", "must be positive");
  }
  size_t bytes = (size_t)mib << 20;
  while (fgets(line, sizeof line, stdin)) {
    if (!strcmp(line, "hold\n") && !held) {
      held = hold(bytes);
    } else if (!strcmp(line, "release\n") && held) {
      unmap_memory(held, bytes);
      held = NULL;
    }
    printf("done\n");
    fflush(stdout);
  }
  return 0;
}
