#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "guard.h"
#include "left.h"
#include "machine.h"
#include "moving.h"
#include "processes.h"
#include "requests.h"
#include "sandbox.h"
#include "say.h"
#include "tasks.h"
#include "tunnels.h"

enum {
  PORT_RETRY_MS = 20,
  /* How long a machine waits for its host to come back, as it does after a restore. */
  PORT_RETURN_MS = 5000,
};

static int watch_signals(void) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  signal(SIGPIPE, SIG_IGN);
  sigprocmask(SIG_BLOCK, &child, NULL);
  int fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) {
    die("signals cannot be watched: %s", strerror(errno));
  }
  return fd;
}

_Noreturn static void refuse_line(struct line *line, const char *why) {
  struct frame frame = line_frame(line, GUEST_FATAL, 0, 5 + strlen(why));
  put_text(&frame, why);
  line_send(line, &frame);
  line_flush(line, 1000);
  processes_kill_all();
  die("%s", why);
}

static void take_requests(struct line *line) {
  while (line_takes_requests(line)) {
    bool found;
    struct header header;
    struct cursor payload;
    if (line_next(line, &found, &header, &payload) == LINE_BROKEN) {
      refuse_line(line, "a frame is larger than the protocol allows");
    }
    if (!found) {
      return;
    }
    const char *problem = request_take(line, &header, &payload);
    if (problem != NULL) {
      refuse_line(line, problem);
    }
  }
}

/* Waits until something can be done; returns whether the line has something to read. */
static bool wait_for_work(const struct line *line, int signals) {
  static struct pollfd polls[3 + TASK_POLLS + TUNNELS_MAX];
  size_t n = 0;
  polls[n++] = (struct pollfd){.fd = signals, .events = POLLIN};
  size_t in = n;
  polls[n++] = (struct pollfd){.fd = line_takes_requests(line) ? line->in : -1, .events = POLLIN};
  polls[n++] = (struct pollfd){.fd = line_has_outgoing(line) ? line->out : -1, .events = POLLOUT};
  n += tasks_poll(line, polls + n);
  n += tunnels_poll(line, polls + n);
  int ready = poll(polls, n, tasks_timeout());
  if (ready > 0 && (polls[0].revents & POLLIN) != 0) {
    struct signalfd_siginfo spent;
    while (read(signals, &spent, sizeof spent) > 0) {
    }
  }
  return ready > 0 && polls[in].revents != 0;
}

/* Serves one host until its end of the line is gone. */
static void serve(struct line *line, int signals) {
  for (;;) {
    processes_reap();
    take_requests(line);
    tasks_move(line);
    tunnels_move(line);
    bool held_back = !line_takes_requests(line);
    if (line_write(line) == LINE_GONE) {
      return;
    }
    if (held_back && line_takes_requests(line)) {
      continue; /* Frames that are here already raise no event. */
    }
    if (wait_for_work(line, signals) && line_read(line) == LINE_GONE) {
      return;
    }
  }
}

/*
 * A port whose host end is not open yet says end-of-file. Nothing may be written before the host has spoken: what is
 * written into a closed port is lost, or stops the machine.
 */
static bool wait_for_host(struct line *line, int ms) {
  uint64_t start = monotonic_ms();
  for (;;) {
    struct pollfd port = {.fd = line->in, .events = POLLIN};
    poll(&port, 1, PORT_RETRY_MS);
    if ((port.revents & POLLIN) != 0 && line_read(line) == LINE_OK && line->in_end > 0) {
      return true;
    }
    if (ms >= 0 && monotonic_ms() - start >= (uint64_t)ms) {
      return false;
    }
    if ((port.revents & POLLHUP) != 0) {
      nanosleep(&(struct timespec){.tv_nsec = PORT_RETRY_MS * 1000000L}, NULL);
    }
    processes_reap();
  }
}

_Noreturn static void run_machine(int signals) {
  machine_boot();
  guard_self();
  int port = machine_port();
  struct line line;
  line_open(&line, port, port);
  bool there = wait_for_host(&line, -1);
  while (there) {
    serve(&line, signals);
    line_reset(&line);
    tunnels_close();
    request_await_hello();
    there = wait_for_host(&line, PORT_RETURN_MS);
  }
  processes_kill_all();
  machine_sync();
  die("the host is gone");
}

_Noreturn static void run_stream(int signals) {
  guard_self();
  int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (in < 0 || out < 0 || nothing < 0 || fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK) != 0 ||
      fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK) != 0) {
    die("standard input and output are not usable: %s", strerror(errno));
  }
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  struct line line;
  line_open(&line, in, out);
  left_remember();
  serve(&line, signals);
  processes_kill_all();
  leave(0);
}

int main(int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "--sandbox") == 0) {
    sandbox_enter(argv + 2);
  }
  bool stream = argc == 2 && strcmp(argv[1], "--stream") == 0;
  if (!stream && getpid() != 1) {
    die("this is PID 1 of a machine; anywhere else it wants --stream");
  }
  in_machine = !stream;
  close_range(3, ~0U, 0);
  int signals = watch_signals();
  if (stream) {
    run_stream(signals);
  }
  run_machine(signals);
}
