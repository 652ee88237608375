/* Increments one byte in each page, in address order, for ever. Whenever it is looked at, all bytes
 * are equal but for one edge: pages before it are one ahead. A unit of work is one increment. */
#include "runtime.h"

enum { POLL_INTERVAL = 1024 };

struct page {
  volatile u8 count;
  u8 padding[7];
  u64 tag; /* number of the page, from 1: tells pages apart */
  u8 rest[PAGE - 16];
};

const char program_name[] = "counter";

static void check(struct page *pages, u64 count, u64 increments) {
  u64 passes = increments / count;
  u64 edge = increments % count;
  for (u64 i = 0; i < count; i++) {
    u8 expected = (u8)(passes + (i < edge));
    if (pages[i].count != expected || pages[i].tag != i + 1) {
      begin_verdict(0);
      print("page ");
      print_number(i);
      print_figure(pages[i].count, "counted");
      print_figure(expected, "expected");
      print_figure(pages[i].tag, "is its tag");
      finish(0);
    }
  }
  begin_verdict(1);
  print_number(increments);
  print(" increments");
  print_figure(count, "pages");
  print_figure(passes, "passes");
  finish(1);
}

void program_main(u64 hart) {
  (void)hart;
  struct page *pages = (struct page *)data_start();
  u64 count = data_pages();
  for (u64 i = 0; i < count; i++) {
    pages[i].tag = i + 1;
  }
  u64 increments = 0;
  u64 limit = parameters.limit;
  for (u64 i = 0;; i = i + 1 == count ? 0 : i + 1) {
    if (increments % POLL_INTERVAL == 0 || increments == limit) {
      if (asked_to_stop(increments)) {
        check(pages, count, increments);
      }
    }
    pages[i].count++;
    increments++;
  }
}
