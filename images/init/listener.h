#ifndef LIGHTV_LISTENER_H
#define LIGHTV_LISTENER_H

#include "tunnels.h"

/* Listens on the loopback for the host. False: the frame is malformed; what goes wrong otherwise is told to the host. */
bool listener_start(struct line *line, uint32_t id, struct cursor *payload);
/* Takes a place for the next connection of a listener; false as above. */
bool listener_accept(struct line *line, uint32_t id, struct cursor *payload);
/* Ends it and the places of connections that have not come. */
void listener_close(struct line *line, struct tunnel *listener);

short listener_events(const struct line *line, const struct tunnel *listener);
/* Gives connections that have come to the places that wait for them. */
void listener_move(struct line *line, struct tunnel *listener);

#endif
