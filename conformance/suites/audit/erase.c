/* suites/audit/erase.c — forgetting who a pseudonym is (SPEC AUD-015 to AUD-021). */
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "suites/audit/hashes.h"

#define SUITE "audit"
#define AUDIT .needs = { AUDIT_NEEDS }

static const char LABEL[] = "audit.erase-identity";

static const char *subject_text(const json_t *entry, const char *member)
{
    return json_text(json_member(entry, "subject"), member);
}

CASE("AUD-015", .clauses = { "AUD-015" }, AUDIT,
     .title = "erasing an id that belongs to nobody is answered like any other")
{
    struct chain c = new_chain(w), other = new_chain(w);
    const char *ghost = unused_uuid(w);
    struct reply *first = accept(judged(erase(w, &c, ghost)), 200);
    const char *pseudonym = expect_text(first, "/subject_pseudonym");
    expect_equal(accept(judged(erase(w, &c, ghost)), 200), "/subject_pseudonym", pseudonym);
    const char *elsewhere =
        expect_text(accept(judged(erase(w, &other, ghost)), 200), "/subject_pseudonym");
    expect(w, !text_equal(pseudonym, elsewhere), "an id has one pseudonym on two chains");
    refuse(judged(post(w, path(w, "%s/erase-identity", c.base), .as = c.manager,
                       .json = json_pack("{s:s}", "identity_id", "nobody"))),
           400, NULL);
    refuse(judged(post(w, path(w, "%s/erase-identity", c.base), .as = c.manager,
                       .json = json_object())),
           400, NULL);
}

CASE("AUD-016", .clauses = { "AUD-016" }, AUDIT,
     .title = "an entry says who its subject is until that identity is erased from the chain")
{
    struct chain c = new_chain(w), other = new_chain(w);
    const struct credential *who = world_credential(w, "none", NULL, NULL);
    const char *here = deny(w, &c, who), *there = deny(w, &other, who);
    expect(w, text_equal(subject_text(entry_of(w, &c, here), "identity_id_ref"), id_of(who)),
           "the entry does not say who it was");
    accept(erase(w, &c, id_of(who)), 200);
    json_t *entry = entry_of(w, &c, here);
    expect(w, subject_text(entry, "identity_id_ref") == NULL, "the erased identity is still named");
    /* The twin: on the chain it was not erased from, it is named. */
    expect(w, text_equal(subject_text(entry_of(w, &other, there), "identity_id_ref"), id_of(who)),
           "the erasure reached another chain");
}

static struct reply *entries_of_subject(struct world *w, const struct chain *c,
                                        const char *pseudonym)
{
    return entries(w, c, path(w, "?subject=%s", pseudonym));
}

CASE("AUD-017", .clauses = { "AUD-017" }, AUDIT,
     .title = "an erasure leaves the entries, their pseudonym and their hashes as they were")
{
    struct chain c = new_chain(w);
    const struct credential *who = world_credential(w, "none", NULL, NULL);
    grow(w, &c);
    deny(w, &c, who);
    deny(w, &c, who);
    json_t *before = json_deep_copy(all_entries(w, &c));
    json_own(w->arena, before);
    const char *pseudonym =
        expect_text(accept(judged(erase(w, &c, id_of(who))), 200), "/subject_pseudonym");

    struct reply *of_subject = entries_of_subject(w, &c, pseudonym);
    expect(w, json_array_size(expect_member(of_subject, "/items")) == 2,
           "the erased identity's two entries are not both listed");
    expect_absent(of_subject, "/items/0/subject/identity_id_ref");
    expect_absent(of_subject, "/items/1/subject/identity_id_ref");
    size_t i;
    json_t *was, *after = all_entries(w, &c);
    json_array_foreach (before, i, was) {
        const json_t *is = json_array_get(after, i);
        expect(w,
               text_equal(json_text(is, "entry_hash"), json_text(was, "entry_hash")) &&
                   text_equal(json_text(is, "prev_hash"), json_text(was, "prev_hash")),
               "the hashes at place %zu changed", i);
    }
    for (size_t seq = 1; seq <= json_array_size(after); seq++)
        expect_proof(w, entry_at(w, &c, (int64_t)seq));
    expect_clean(w, &c, 0, 0);
}

CASE("AUD-018", .clauses = { "AUD-018" }, AUDIT,
     .title = "an identity that acts again after its erasure stays unnamed on that chain")
{
    struct chain c = new_chain(w), other = new_chain(w);
    const struct credential *who = world_credential(w, "none", NULL, NULL);
    const char *before = deny(w, &c, who);
    const char *pseudonym =
        expect_text(accept(erase(w, &c, id_of(who)), 200), "/subject_pseudonym");
    json_t *again = entry_of(w, &c, deny(w, &c, who));
    expect(w, text_equal(subject_text(again, "pseudonym"), pseudonym), "it has another pseudonym");
    expect(w, subject_text(again, "identity_id_ref") == NULL, "the erased identity is named again");
    expect(w, subject_text(entry_of(w, &c, before), "identity_id_ref") == NULL,
           "acting again brought the name of an earlier entry back");
    /* Erased before it ever acted there, it is unnamed from the first entry on. */
    accept(erase(w, &other, id_of(who)), 200);
    expect(w, subject_text(entry_of(w, &other, deny(w, &other, who)), "identity_id_ref") == NULL,
           "an identity erased in advance is named");
}

/* The last entry that carries the label, wherever in the entry. */
static json_t *labelled(struct world *w, const struct chain *c)
{
    json_t *found = NULL, *entry;
    size_t i;
    json_array_foreach (all_entries(w, c), i, entry) {
        if (text_contains(json_dump(w->arena, entry), LABEL))
            found = entry;
    }
    expect(w, found != NULL, "no entry carries the label %s", LABEL);
    return found;
}

CASE("AUD-019", .clauses = { "AUD-019" }, AUDIT,
     .title = "an erasure is on the chain when it is answered, and repeating it changes nothing")
{
    struct chain c = new_chain(w);
    const struct credential *who = world_credential(w, "none", NULL, NULL);
    deny(w, &c, who);
    int64_t head = head_of(w, &c);
    struct reply *first = accept(judged(erase(w, &c, id_of(who))), 200);
    expect(w, head_of(w, &c) > head, "the chain did not grow");
    expect(w,
           text_equal(json_text(labelled(w, &c), "occurred_at"), expect_text(first, "/erased_at")),
           "erased_at is not when the entry was written");
    struct reply *second = accept(judged(erase(w, &c, id_of(who))), 200);
    expect_equal(second, "/subject_pseudonym", expect_text(first, "/subject_pseudonym"));
    expect_clean(w, &c, 0, 0);
}

CASE("AUD-019-b", .clauses = { "AUD-019", "AUD-014" }, AUDIT,
     .title = "an identity is erased from a Domain's chain and from the platform's under two names")
{
    struct chain c = new_chain(w), platform = platform_chain(w);
    const struct credential *who = world_credential(w, "none", NULL, NULL);
    const char *above = deny(w, &platform, who);
    const char *one =
        expect_text(accept(judged(erase(w, &c, id_of(who))), 200), "/subject_pseudonym");
    expect(w, subject_text(entry_of(w, &platform, above), "identity_id_ref") != NULL,
           "an erasure from a Domain's chain reached the platform's");
    const char *two =
        expect_text(accept(judged(erase(w, &platform, id_of(who))), 200), "/subject_pseudonym");
    expect(w, !text_equal(one, two), "an identity has one pseudonym on two chains");
    expect(w, subject_text(entry_of(w, &platform, above), "identity_id_ref") == NULL,
           "the erased identity is still named on the platform's chain");
}

CASE("AUD-020", .clauses = { "AUD-020" }, AUDIT,
     .title =
         "the entry of an erasure has the caller as its subject and the pseudonym as its object")
{
    struct chain c = new_chain(w);
    const struct credential *who = world_credential(w, "none", NULL, NULL);
    const char *pseudonym =
        expect_text(accept(erase(w, &c, id_of(who)), 200), "/subject_pseudonym");
    struct reply *found = entries(w, &c, path(w, "?relation=%s", LABEL));
    expect_equal(found, "/items/0/relation", LABEL);
    expect_equal(found, "/items/0/subject/identity_id_ref", id_of(c.manager));
    expect_equal(found, "/items/0/object/type", "audit-subject");
    expect_equal(found, "/items/0/object/id", pseudonym);
    expect_equal(found, "/items/0/reason", "granted");
}

CASE("AUD-021", .clauses = { "AUD-021" }, AUDIT,
     .title = "erasing needs manage: an auditor may not, a manager may")
{
    struct chain c = new_chain(w), platform = platform_chain(w);
    const char *id = unused_uuid(w);
    struct chain as_auditor = { .base = c.base, .manager = c.auditor };
    struct chain as_platform_auditor = { .base = c.base, .manager = w->platform_auditor };
    struct chain as_manager = { .base = c.base, .manager = w->platform_manager };
    struct chain above_as_auditor = { .base = platform.base, .manager = w->platform_auditor };
    struct chain above_as_admin = { .base = platform.base, .manager = c.manager };
    refuse_permission(judged(erase(w, &as_auditor, id)), "insufficient_relation");
    refuse_permission(judged(erase(w, &as_platform_auditor, id)), "insufficient_relation");
    refuse_permission(judged(erase(w, &above_as_auditor, id)), "insufficient_relation");
    refuse_permission(judged(erase(w, &above_as_admin, id)), "out_of_scope");
    struct reply *done = accept(judged(erase(w, &c, id)), 200);
    expect_equal(accept(judged(erase(w, &as_manager, id)), 200), "/subject_pseudonym",
                 expect_text(done, "/subject_pseudonym"));
    expect_text(accept(judged(erase(w, &platform, id)), 200), "/erased_at");
}
