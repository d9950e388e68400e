#include "hello.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <linux/random.h>
#include <time.h>
#include <unistd.h>

#include "left.h"
#include "machine.h"
#include "network.h"
#include "say.h"

enum { SEED_MIN = 32, SEED_MAX = 512, HELLO_MACHINE = 1 };

static uint64_t kept_nonce(void) {
  static uint64_t nonce;
  if (nonce == 0 && getrandom(&nonce, sizeof nonce, GRND_NONBLOCK) != (ssize_t)sizeof nonce) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    nonce = (uint64_t)now.tv_nsec << 32 | (uint64_t)getpid() | 1;
  }
  return nonce;
}

static uint64_t uptime_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void reseed(const uint8_t *seed, uint32_t size) {
  struct {
    struct rand_pool_info info;
    uint8_t bytes[SEED_MAX];
  } entropy = {.info = {.entropy_count = (int)size * 8, .buf_size = (int)size}};
  memcpy(entropy.info.buf, seed, size);
  int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || ioctl(fd, RNDADDENTROPY, &entropy) != 0 || ioctl(fd, RNDRESEEDCRNG) != 0) {
    say("the random numbers could not be reseeded");
  }
  if (fd >= 0) {
    close(fd);
  }
}

static void set_clock(uint64_t ns) {
  struct timespec now = {.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
  if (clock_settime(CLOCK_REALTIME, &now) != 0) {
    say("the clock could not be set");
  }
}

static void set_hostname(const char *name) {
  if (sethostname(name, strlen(name)) != 0) {
    say("the host name '%s' could not be set", name);
  }
  network_hosts(name);
}

static void answer(struct line *line, uint32_t id) {
  struct utsname kernel;
  uname(&kernel);
  struct frame frame = line_frame(line, GUEST_HELLO, id, 64 + sizeof kernel.release);
  put_u32(&frame, PROTOCOL_MAGIC);
  put_u16(&frame, PROTOCOL_VERSION);
  put_u16(&frame, in_machine ? HELLO_MACHINE : 0);
  put_u64(&frame, kept_nonce());
  put_u64(&frame, uptime_ns());
  put_text(&frame, kernel.release);
  line_send(line, &frame);
}

const char *hello_take(struct line *line, uint32_t id, struct cursor *payload) {
  if (get_u32(payload) != PROTOCOL_MAGIC) {
    return "the first frame is no hello of this protocol";
  }
  if (get_u16(payload) != PROTOCOL_VERSION) {
    return "the host speaks another version of the protocol";
  }
  uint16_t flags = get_u16(payload);
  uint64_t clock = get_u64(payload);
  const char *hostname = get_text(payload);
  uint32_t seed_size = 0;
  const uint8_t *seed = get_bytes(payload, SEED_MAX, &seed_size);
  struct network network = {0};
  if ((flags & HELLO_NETWORK) != 0) {
    network = get_network(payload);
  }
  static struct mounts mounts;
  if ((flags & HELLO_MOUNTS) != 0) {
    get_mounts(payload, &mounts);
  }
  if (!cursor_done(payload) || seed_size < SEED_MIN || hostname[0] == '\0' || strlen(hostname) > 64) {
    return "the hello is malformed";
  }
  /* In stream mode the kernel is the host's own: its mounts, clock, name and network are not ours to set. */
  if (in_machine) {
    if (!machine_entered() && (flags & HELLO_MOUNTS) == 0) {
      return "the hello to a machine that was just started names no mounts";
    }
    if (!machine_entered()) {
      machine_enter(&mounts);
      left_remember();
    }
    set_clock(clock);
    reseed(seed, seed_size);
    set_hostname(hostname);
    const char *problem = (flags & HELLO_NETWORK) != 0 ? network_up(&network) : NULL;
    if (problem != NULL) {
      return problem;
    }
  }
  answer(line, id);
  return NULL;
}

void hello_pong(struct line *line, uint32_t id, uint64_t nonce) {
  struct frame frame = line_frame(line, GUEST_PONG, id, 24);
  put_u64(&frame, nonce);
  put_u64(&frame, kept_nonce());
  put_u64(&frame, uptime_ns());
  line_send(line, &frame);
}
