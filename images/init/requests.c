#include "requests.h"

#include <signal.h>
#include <unistd.h>

#include "connection.h"
#include "copy.h"
#include "exec.h"
#include "hello.h"
#include "left.h"
#include "listener.h"
#include "machine.h"
#include "processes.h"
#include "say.h"
#include "tasks.h"
#include "tunnels.h"

static const char MALFORMED[] = "a frame's payload is malformed";

static bool greeted;

void request_await_hello(void) { greeted = false; }

/* What follows concerns a task or a tunnel that may have ended while the frame was on its way: then there is nothing to do. */

static struct input *input_of(uint32_t id) {
  struct task *task = task_find(id);
  struct tunnel *tunnel = task == NULL ? tunnel_find(id) : NULL;
  return task != NULL ? &task->input : tunnel != NULL ? &tunnel->input : NULL;
}

static const char *take_input(uint32_t id, struct cursor *payload) {
  struct input *input = input_of(id);
  if (input != NULL && !input_queue(input, payload->at, payload->left)) {
    return "the host sent more input than it was granted";
  }
  return NULL;
}

static const char *take_input_end(uint32_t id, struct cursor *payload) {
  struct task *task = task_find(id);
  struct input *input = input_of(id);
  if (!cursor_done(payload)) {
    return MALFORMED;
  }
  if (task != NULL && task->terminal) {
    input_queue(input, (const uint8_t *)"\x04", 1);
  }
  if (input != NULL) {
    input->ended = true;
  }
  return NULL;
}

static const char *take_credit(uint32_t id, struct cursor *payload) {
  uint32_t bytes = get_u32(payload);
  struct task *task = task_find(id);
  if (!cursor_done(payload)) {
    return MALFORMED;
  }
  struct tunnel *tunnel = tunnel_find(id);
  if (task != NULL) {
    task->credit += bytes;
  } else if (tunnel != NULL) {
    tunnel->credit += bytes;
  }
  return NULL;
}

static const char *take_signal(uint32_t id, struct cursor *payload) {
  uint32_t number = get_u32(payload);
  struct task *task = task_find(id);
  if (!cursor_done(payload) || number == 0 || number >= NSIG) {
    return MALFORMED;
  }
  if (task != NULL && !task->reaped) {
    task->killed = task->killed || number == SIGKILL;
    /* Just forked, it may not lead its group yet. */
    if (kill(-task->pid, (int)number) != 0) {
      kill(task->pid, (int)number);
    }
  }
  return NULL;
}

static const char *take_resize(uint32_t id, struct cursor *payload) {
  uint16_t columns = get_u16(payload), rows = get_u16(payload);
  struct task *task = task_find(id);
  if (!cursor_done(payload)) {
    return MALFORMED;
  }
  if (task != NULL && task->terminal) {
    exec_resize(task, columns, rows);
  }
  return NULL;
}

static const char *take_close(struct line *line, uint32_t id, struct cursor *payload) {
  struct tunnel *tunnel = tunnel_find(id);
  if (!cursor_done(payload)) {
    return MALFORMED;
  }
  if (tunnel != NULL && tunnel->kind == TUNNEL_LISTENER) {
    listener_close(line, tunnel);
  } else if (tunnel != NULL) {
    connection_close(line, tunnel);
  }
  return NULL;
}

static const char *take_ping(struct line *line, uint32_t id, struct cursor *payload) {
  uint64_t nonce = get_u64(payload);
  if (!cursor_done(payload)) {
    return MALFORMED;
  }
  hello_pong(line, id, nonce);
  return NULL;
}

static const char *take_left(struct line *line, uint32_t id, struct cursor *payload, bool stop) {
  if (!cursor_done(payload)) {
    return MALFORMED;
  }
  left_report(line, id, stop);
  return NULL;
}

static const char *take_shutdown(struct line *line, uint32_t id, struct cursor *payload) {
  if (!cursor_done(payload)) {
    return MALFORMED;
  }
  processes_kill_all();
  machine_sync();
  line_send_empty(line, GUEST_DONE, id);
  line_flush(line, 2000);
  leave(0);
}

typedef bool start_function(struct line *line, uint32_t id, struct cursor *payload);

/* What begins something under an id that must be new; NULL for all other frames. */
static start_function *starts(uint8_t type) {
  switch (type) {
  case HOST_EXEC:
    return exec_start;
  case HOST_COPY_IN:
    return copy_in_start;
  case HOST_COPY_OUT:
    return copy_out_start;
  case HOST_LISTEN:
    return listener_start;
  case HOST_ACCEPT:
    return listener_accept;
  case HOST_CONNECT:
    return connection_start;
  default:
    return NULL;
  }
}

static const char *take_start(struct line *line, const struct header *header, struct cursor *payload) {
  if (task_find(header->id) != NULL || tunnel_find(header->id) != NULL) {
    return "an id is used twice";
  }
  return starts(header->type)(line, header->id, payload) ? NULL : MALFORMED;
}

const char *request_take(struct line *line, const struct header *header, struct cursor *payload) {
  uint32_t id = header->id;
  if (header->type == HOST_HELLO) {
    const char *problem = hello_take(line, id, payload);
    greeted = problem == NULL;
    return problem;
  }
  if (!greeted) {
    return "the first frame is no hello";
  }
  if (starts(header->type) != NULL) {
    return take_start(line, header, payload);
  }
  switch (header->type) {
  case HOST_INPUT:
    return take_input(id, payload);
  case HOST_INPUT_END:
    return take_input_end(id, payload);
  case HOST_CREDIT:
    return take_credit(id, payload);
  case HOST_SIGNAL:
    return take_signal(id, payload);
  case HOST_RESIZE:
    return take_resize(id, payload);
  case HOST_CLOSE:
    return take_close(line, id, payload);
  case HOST_LEFT:
    return take_left(line, id, payload, false);
  case HOST_STOP_LEFT:
    return take_left(line, id, payload, true);
  case HOST_PING:
    return take_ping(line, id, payload);
  case HOST_SHUTDOWN:
    return take_shutdown(line, id, payload);
  default:
    return "a frame has an unknown type";
  }
}
