/* harness/profile.h — what a target claims, and how to reach it (profiles/example.yaml documents
 * every key). */
#ifndef HARNESS_PROFILE_H
#define HARNESS_PROFILE_H

#include <jansson.h>

#include "common/arena.h"
#include "common/base.h"
#include "common/error.h"

/* A command that plexconf runs: JSON on standard input, one line of JSON on standard output
 * (docs/profile.md). */
struct hook {
    char **argv; /* NULL: not given */
    int timeout_ms;
    bool lines; /* credentials: it stays and answers line after line */
};

/* An agent as its owner describes it: plexconf starts one for each case that judges one and plays
 * its control plane (docs/profile.md has the placeholders). */
struct profile_agent {
    char **argv;         /* NULL: the profile describes no agent */
    const char *config;  /* text of a file that is written before each start; NULL: none */
    const json_t *env;   /* object of texts; NULL: none */
    int uid, gid;        /* 0: as plexconf runs */
    int stop_signal;     /* default SIGTERM */
    int ready_ms;        /* how long the node API may take to answer; default 10,000 */
    struct hook advance; /* moves the agent's clock */
    struct hook join, status, deregister; /* its other words: they run and end */
};

struct profile {
    const char *path; /* the file, for messages */
    const char *name;
    const char *base_url; /* NULL until the rig has started the target */
    const char *base_path;
    const char *ca_file, *client_cert, *client_key, *proxy;
    int rate_limit;          /* requests a second; 0: none */
    int timeout_ms;          /* of one request; default 5,000, ceiling 30,000 */
    char **features;         /* claimed; ends with NULL */
    char **address_ranges;   /* CIDRs for worlds; default 10.0.0.0/8 */
    struct hook credentials; /* JSON {role, domain_id?, project_id?, run} in, {token, identity_ref,
                                expires_at} out */
    struct hook boot; /* JSON {env:{…}} in; runs in the foreground; one line {"base_url":…} out when
                         ready */
    struct hook logs, restart;
    struct hook advance; /* JSON {seconds} in, {} out */
    struct profile_given {
        const char *name;
        struct hook hook;
    } * given;
    size_t n_given;
    struct profile_agent agent;
    struct hook given_any;  /* one command for all names: JSON {name, input} in */
    const json_t *boot_env; /* object: the environment of a full boot (posture's baseline) */
    char *const
        *hook_env; /* environment of hook commands, set by the rig; NULL: this process's own */
    const char *scratch;    /* a folder of this run's own, set by the rig and removed with it */
    const char *memory;     /* the same, in memory where there is room: no disk is waited for */
    const json_t *document; /* as read */
};

/* Errors read "profile mine.yaml:14: credentials.command: …". Unknown keys are errors that name the
 * nearest known one. */
MUST_CHECK bool profile_load(struct arena *a, const char *path, struct profile **out,
                             struct error *e);
/* The same from text that has been read already; `path` is for messages and relative file names. */
MUST_CHECK bool profile_read(struct arena *a, const char *path, struct bytes text,
                             struct profile **out, struct error *e);
bool profile_claims(const struct profile *p, const char *feature);
const struct hook *profile_given(const struct profile *p, const char *name); /* NULL: missing */

/* Is the agent's program there? Asked before a run, so that what is missing is said once and not by
 * every case. A program without a slash is looked for when it is started. */
MUST_CHECK bool profile_agent_is_there(struct arena *a, const struct profile *p, struct error *e);

/* The closed list of names that `given` may have (ruling 27); ends with NULL. */
extern const char *const profile_given_names[];

#endif
