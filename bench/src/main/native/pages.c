#include "pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"

enum { WORDS = PAGE / sizeof(uint64_t) };

static uint64_t word_of(long page, int word) {
  return ((uint64_t)page * WORDS + (uint64_t)word + 1) * 0x9e3779b97f4a7c15u;
}

void fill_pages(char *memory, long pages) {
  uint64_t *next = (uint64_t *)memory;
  for (long page = 0; page < pages; page++) {
    for (int word = 0; word < (int)WORDS; word++) {
      *next++ = word_of(page, word);
    }
  }
}

void check_pages(const char *memory, long pages, char stored) {
  const uint64_t *next = (const uint64_t *)memory;
  for (long page = 0; page < pages; page++) {
    for (int word = 0; word < (int)WORDS; word++, next++) {
      uint64_t expected = word_of(page, word);
      if (word == 0) {
        *(char *)&expected = stored;
      }
      if (*next != expected) {
        fprintf(stderr, "page %ld is wrong at word %d: %" PRIx64 " instead of %" PRIx64 "\n", page, word, *next,
                expected);
        exit(1);
      }
    }
  }
}
