#define _GNU_SOURCE
#include "measure.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "settings.h"

/* Shares of a curve: every fiftieth, and these, because what is slow is rare. */
enum { EVEN_SHARES = 49 };
static const double rare_shares[] = {0.99, 0.993, 0.995, 0.997, 0.998, 0.999, 0.9995, 0.9998, 0.9999, 1};

static uint64_t nanos_of(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time)) {
    fail("clock_gettime");
  }
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t now_nanos(void) { return nanos_of(CLOCK_MONOTONIC); }

uint64_t thread_nanos(void) { return nanos_of(CLOCK_THREAD_CPUTIME_ID); }

void pin_to(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  if (sched_setaffinity(0, sizeof set, &set)) {
    fail("sched_setaffinity");
  }
}

static int by_value(const void *left, const void *right) {
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

/* The smallest latency that the share has not exceeded, in microseconds. */
static double micros_at(const uint64_t *sorted, size_t count, double share) {
  size_t below = (size_t)(share * (double)count);
  return (double)sorted[below < count ? below : count - 1] / 1e3;
}

static void print_point(const uint64_t *sorted, size_t count, double share, const char *separator) {
  printf("%s[%.3f,%.4f]", separator, micros_at(sorted, count, share), share);
}

void print_latencies(uint64_t *nanos, size_t count) {
  double sum = 0;
  qsort(nanos, count, sizeof *nanos, by_value);
  for (size_t i = 0; i < count; i++) {
    sum += (double)nanos[i];
  }
  printf("\"count\":%zu,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f,\"mean\":%.3f", count,
         micros_at(nanos, count, 0.5), micros_at(nanos, count, 0.9), micros_at(nanos, count, 0.99),
         micros_at(nanos, count, 0.999), micros_at(nanos, count, 1), sum / (double)count / 1e3);
  printf(",\"curve\":[");
  for (int i = 0; i <= EVEN_SHARES; i++) {
    print_point(nanos, count, i / 50.0, i ? "," : "");
  }
  for (size_t i = 0; i < sizeof rare_shares / sizeof *rare_shares; i++) {
    print_point(nanos, count, rare_shares[i], ",");
  }
  printf("]");
}
