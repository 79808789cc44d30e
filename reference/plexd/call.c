#include "reference/plexd/call.h"

#include "reference/plexd/problem.h"

struct waiting {
    struct arena *arena;
    struct loop *loop;
    struct call_reply *reply;
};

static void done(void *self, const struct http_answer *answer)
{
    struct waiting *w = self;
    bool good = answer->status >= 200 && answer->status < 300;
    *w->reply = (struct call_reply){
        .status = answer->status,
        .body = { (unsigned char *)arena_strndup(w->arena, (const char *)answer->body.data,
                                                 answer->body.len),
                  answer->body.len },
        .problem = good ? "" : problem_text(w->arena, answer),
    };
    loop_stop(w->loop);
}

void call_and_wait(struct arena *a, struct loop *l, struct http *h, const struct http_request *r,
                   struct call_reply *out)
{
    struct waiting w = { .arena = a, .loop = l, .reply = out };
    struct http_request copy = *r;
    copy.done = done;
    copy.self = &w;
    http_start(h, &copy);
    loop_run(l);
}
