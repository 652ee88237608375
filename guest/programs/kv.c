/* A hash table over nearly all RAM under a skewed mix of reads and writes. Every value carries its
 * key and version and is verified when it is read. A unit of work is one operation. */
#include "runtime.h"

enum { POLL_INTERVAL = 256, VALUE_WORDS = 6, READ_PERCENT = 70 };

/* 64 bytes; key 0 is an empty place. Open addressing, linear probing, nothing is removed. */
struct record {
  u64 key;
  u64 version;
  u64 value[VALUE_WORDS];
};

const char program_name[] = "kv";

static struct record *table;
static u64 capacity;
static u64 reads, misses, writes, inserts;

static u64 value_word(u64 key, u64 version, u64 word) {
  return (key ^ (version * 0x9e3779b97f4a7c15UL)) * (2 * word + 3) + word;
}

static u64 home(u64 key) { return multiply_high(key, capacity); }

static u64 after(u64 place) { return place + 1 == capacity ? 0 : place + 1; }

/* The place of a key, or the empty place where it belongs. */
static struct record *find(u64 key) {
  u64 place = home(key);
  while (table[place].key && table[place].key != key) {
    place = after(place);
  }
  return &table[place];
}

static void fail(const struct record *record, const char *what) {
  begin_verdict(0);
  print("place ");
  print_number((u64)(record - table));
  print(", key ");
  print_hex(record->key);
  print_figure(record->version, "is its version, ");
  print(what);
  finish(0);
}

static void verify(const struct record *record) {
  for (u64 word = 0; word < VALUE_WORDS; word++) {
    if (record->value[word] != value_word(record->key, record->version, word)) {
      fail(record, "its value is another one's");
    }
  }
}

static void write(struct record *record, u64 key) {
  if (record->key) {
    verify(record);
  } else {
    record->key = key;
    inserts++;
  }
  record->version++;
  for (u64 word = 0; word < VALUE_WORDS; word++) {
    record->value[word] = value_word(key, record->version, word);
  }
  writes++;
}

static void read(const struct record *record) {
  reads++;
  if (record->key) {
    verify(record);
  } else {
    misses++;
  }
}

/* Every record is right and can be found, none is lost, and no write is. */
static void check(void) {
  u64 records = 0, versions = 0;
  for (u64 place = 0; place < capacity; place++) {
    struct record *record = &table[place];
    if (record->key) {
      verify(record);
      if (find(record->key) != record) {
        fail(record, "it cannot be found by its key");
      }
      records++;
      versions += record->version;
    }
  }
  begin_verdict(records == inserts && versions == writes);
  print_number(reads + writes);
  print(" operations");
  print_figure(writes, "writes");
  print_figure(versions, "versions");
  print_figure(inserts, "inserts");
  print_figure(records, "records");
  print_figure(misses, "misses");
  finish(records == inserts && versions == writes);
}

void program_main(u64 hart) {
  (void)hart;
  table = (struct record *)data_start();
  capacity = data_pages() * (PAGE / sizeof(struct record));
  u64 keys = capacity / 8 * 5;
  u64 state = parameters.seed;
  u64 limit = parameters.limit;
  for (u64 operations = 0;; operations++) {
    if (operations % POLL_INTERVAL == 0 || operations == limit) {
      if (asked_to_stop(operations)) {
        check();
      }
    }
    /* The cube of a uniform number: half of all operations go to an eighth of the keys. */
    u64 uniform = next_random(&state);
    u64 rank = multiply_high(multiply_high(multiply_high(uniform, uniform), uniform), keys);
    u64 key = mix(rank + 1);
    if (next_random(&state) % 100 < READ_PERCENT) {
      read(find(key));
    } else {
      write(find(key), key);
    }
  }
}
