/* peers/upkeep.h — what the mesh needs from time to time: endpoints past their time are announced
 * (MSH-007), and Nodes of a database from before there were PSK shares get one (MSH-063). */
#ifndef PLEXSPHERE_PEERS_UPKEEP_H
#define PLEXSPHERE_PEERS_UPKEEP_H

struct app;

/* The surface's background loop. */
void mesh_upkeep(struct app *app, void *mesh_state);

#endif
