#define _GNU_SOURCE
#include "memory.h"

#include <sys/mman.h>

#include "settings.h"

char *map_memory(size_t bytes) {
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || madvise(memory, bytes, MADV_NOHUGEPAGE)) {
    fail("map memory");
  }
  return memory;
}

void unmap_memory(char *memory, size_t bytes) {
  if (munmap(memory, bytes)) {
    fail("unmap memory");
  }
}

void warm_memory(size_t bytes) {
  char *memory = map_memory(bytes);
  for (size_t i = 0; i < bytes; i += PAGE) {
    memory[i] = 1;
  }
  unmap_memory(memory, bytes);
}
