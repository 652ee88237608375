/* What goes over the wire when one end asks the other for bytes. */
#ifndef FERRY_REQUESTS_H
#define FERRY_REQUESTS_H

#include <stdint.h>

struct request {
  uint64_t id;
  uint64_t offset;
  uint64_t length;
  uint64_t reserved;
};

/* Before the bytes of an answer. */
struct answer {
  uint64_t id;
  uint64_t length;
};

#endif
