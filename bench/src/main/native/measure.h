/* Clocks, and latencies as JSON. */
#ifndef FERRY_MEASURE_H
#define FERRY_MEASURE_H

#include <stddef.h>
#include <stdint.h>

uint64_t now_nanos(void);

/* Processor time of the calling thread. */
uint64_t thread_nanos(void);

/* Runs the calling thread and its children on one processor only. */
void pin_to(int processor);

/* Sorts latencies and prints them as members of a JSON object: count, p50 to p999, max and mean in
 * microseconds, and "curve": pairs of microseconds and the share that took no longer. */
void print_latencies(uint64_t *nanos, size_t count);

#endif
