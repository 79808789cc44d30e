/* suites/events/keys.c — KEY-*: which key signs, and what a rotation does to those who follow. */
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/text.h"
#include "common/timestamp.h"
#include "suites/events/events.h"

#define SUITE "events"

BOTH("KEY-101", FOLLOWS, .clauses = { "KEY-001" },
     .title = "the key that a registration tells of is the one that signs, and a changed byte does "
              "not verify")
{
    struct followed n = followed_node(w);
    follow(n.f, .bearer = n.nsk, .judged = true);
    struct frame frame = *frame_with(n.f, publish(&n));
    const struct signing_key *key = &follower_history(n.f)->keys[0];
    expect(w, envelope_verifies(&frame.envelope, key->public_key), "the signature does not verify");
    unsigned char *changed =
        arena_copy(w->arena, frame.envelope.signed_bytes.data, frame.envelope.signed_bytes.len);
    changed[frame.envelope.signed_bytes.len - 3] ^= 1;
    frame.envelope.signed_bytes.data = changed;
    expect(w, !envelope_verifies(&frame.envelope, key->public_key),
           "a changed payload verifies all the same");
    follower_holds(n.f);
}

/* In a Domain of its own: a rotation is nobody else's business. */
static struct followed node_of_new_domain(struct world *w, const char **domain)
{
    *domain = json_text(world_new_domain(w), "id");
    return followed_in(w, json_text(world_new_project(w, *domain), "id"));
}

BOTH("KEY-102", .needs = { "events", "node-state", "registration", "resources", "rulings" },
     .clauses = { "KEY-008", "KEY-007", "KEY-009" }, .budget_ms = STREAM_BUDGET_MS,
     .title = "a rotation is told under the old key, and what follows is signed by the new one")
{
    const char *domain;
    struct followed n = node_of_new_domain(w, &domain);
    follow(n.f, .bearer = n.nsk, .judged = true);
    const char *before = publish(&n);
    (void)frame_with(n.f, before);
    (void)world_given(w, "rotated_signing_key", json_pack("{s:s}", "domain_id", domain));
    const struct frame *told;
    do
        told = next_frame(n.f);
    while (!text_equal(told->event, "signing_key_rotated"));
    struct frame rotated = *told;
    expect(w, envelope_verifies(&rotated.envelope, follower_history(n.f)->keys[0].public_key),
           "the rotation is not signed by the key before it");
    const json_t *keys = rotated.envelope.payload;
    const char *current = json_text(keys, "current"), *previous = json_text(keys, "previous");
    const char *id = json_text(keys, "current_id");
    int64_t expires;
    expect(w, current && previous && text_equal(previous, n.key),
           "previous is not the key before it");
    expect(w, !text_equal(current, previous), "the key did not change");
    expect(w,
           timestamp_parse(json_text(keys, "transition_expires"), &expires) &&
               expires > world_now(w),
           "the transition ends before it begins");
    follower_trusts(n.f, n.mvp || id == NULL ? "" : id, current);
    const char *after = publish(&n);
    struct frame next = *frame_with(n.f, after);
    expect(w, envelope_verifies(&next.envelope, follower_history(n.f)->keys[1].public_key),
           "what follows a rotation is not signed by the new key");
    /* What is kept stays as it was signed. */
    follow(n.f, .bearer = n.nsk, .last_event_id = "0", .judged = true);
    struct frame old = *frame_with(n.f, before);
    expect(w, envelope_verifies(&old.envelope, follower_history(n.f)->keys[0].public_key),
           "a kept event was signed again");
    (void)frame_with(n.f, after);
    follower_holds(n.f);
}
