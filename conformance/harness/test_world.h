/* harness/test_world.h — for unit tests: a world without an engine.
 *
 * Gives the worker's functions (worker.h) to the one test program that includes it; try() runs a
 * body inside the setjmp that worker_leave() needs. Include test_server.h before it. */
#ifndef HARNESS_TEST_WORLD_H
#define HARNESS_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>

#include "common/arena.h"
#include "common/testing.h"
#include "harness/case.h"
#include "harness/contract.h"
#include "harness/judge.h"
#include "harness/profile.h"
#include "harness/worker.h"
#include "harness/world_own.h"

static struct world world, *const w = &world;
static struct profile profile;
static const struct case_row test_row = {
    .id = "TEST-1", .suite = "test", .file = "case.c", .line = 7
};

static struct {
    jmp_buf leave;
    enum verdict_kind verdict;
    char message[4096], where[256];
    enum impostor impostor;
    char seen[1024];    /* "operation status code;" … */
    char members[1024]; /* "Schema.member;" … */
    json_t *transcripts;
} left;

enum impostor worker_impostor(const struct world *of UNUSED)
{
    return left.impostor;
}

void worker_leave(struct world *of UNUSED, enum verdict_kind verdict, const char *file, int line,
                  const char *message)
{
    left.verdict = verdict;
    snprintf(left.message, sizeof left.message, "%s", message);
    snprintf(left.where, sizeof left.where, "%s:%d", file == NULL ? "" : file, line);
    longjmp(left.leave, 1);
}

static void note(char *into, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);
static void note(char *into, size_t size, const char *format, ...)
{
    size_t len = strlen(into);
    va_list args;
    va_start(args, format);
    vsnprintf(into + len, size - len, format, args);
    va_end(args);
}

void worker_observe(struct world *of UNUSED, const char *operation, int status, const char *code)
{
    note(left.seen, sizeof left.seen, "%s %d %s;", operation == NULL ? "-" : operation, status,
         code == NULL ? "-" : code);
}

void worker_observe_member(struct world *of UNUSED, const char *schema, const char *member)
{
    note(left.members, sizeof left.members, "%s.%s;", schema, member);
}

void worker_judges_agent(struct world *of UNUSED) {}

void worker_add_exchange(struct world *of UNUSED, json_t *transcript)
{
    json_array_append_new(left.transcripts, transcript);
}

/* Did the body come through? Else left.verdict and left.message say how it ended. */
static inline bool try(void (*body)(void))
{
    left.message[0] = '\0';
    if (setjmp(left.leave) != 0)
        return false;
    body();
    return true;
}

/* A world whose target is `url`; nothing is sent. */
static inline void test_world_open(const char *url)
{
    static char *no_features[] = { NULL };
    static char ten[] = "10.0.0.0/8";
    static char *ranges[] = { ten, NULL };
    struct error e = { "" };
    ck_assert_msg(contract_load(&e), "%s", e.text);
    left.transcripts = json_array();
    profile = (struct profile){ .path = "test.yaml",
                                .name = "test",
                                .base_url = url,
                                .base_path = "",
                                .timeout_ms = 2000,
                                .features = no_features,
                                .address_ranges = ranges };
    world = (struct world){ .arena = arena_create(),
                            .world_arena = arena_create(),
                            .profile = &profile,
                            .row = &test_row,
                            .run = "pc-test" };
    world_own_open(w);
}

static inline void test_world_close(void)
{
    arena_destroy(w->arena);
    arena_destroy(w->world_arena);
    json_decref(left.transcripts);
}

#endif
