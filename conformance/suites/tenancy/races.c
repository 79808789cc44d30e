/* suites/tenancy/races.c — what holds however requests interleave. Each race is run several times:
 * which ending comes is the target's luck, that it is one of the allowed ones is the clause. */
#include "common/json.h"
#include "common/text.h"
#include "suites/tenancy/tenancy.h"

#define SUITE "tenancy"

enum { RACES = 6, RIVALS = 4 };

static int status_of(struct exchange *x)
{
    return send_and_judge(x)->status;
}

/* Case 20: never a Project without its Domain, never a Domain gone under a Project. */
static void delete_against_create(struct world *w)
{
    json_t *domain = made_domain(w, a_domain(w));
    const char *id = json_text(domain, "id");
    struct exchange *both[] = {
        judged(delete_(w, domain_path(w, domain), .as = w->platform_manager)),
        judged(make(w, w->platform_manager, PROJECTS, a_project(w, id))),
    };
    send_together(both, ARRAY_LEN(both));
    if (status_of(both[0]) == 204) {
        refuse(both[1], 409, "parent_domain_missing");
        refuse(judged(get(w, domain_path(w, domain), .as = w->platform_manager)), 404,
               "domain_not_found");
        return;
    }
    refuse(both[0], 409, "domain_not_empty");
    json_t *project = accept(both[1], 201)->json;
    accept(get(w, domain_path(w, domain), .as = w->platform_manager), 200);
    struct reply *kept =
        accept(judged(get(w, project_path(w, project), .as = w->platform_manager)), 200);
    expect_equal(kept, "/domain_id", id);
}

CASE("DOM-039", .clauses = { "DOM-039" }, .needs = { "domains", "projects" },
     .title = "a delete racing a create ends with the Domain gone or the Project there")
{
    for (int i = 0; i < RACES; i++)
        delete_against_create(w);
}

/* Exactly one of the rivals is answered 201; the others get the named conflict. */
static void one_winner(struct world *w, const char *where, json_t *const bodies[RIVALS],
                       const char *conflict)
{
    struct exchange *rivals[RIVALS];
    int winners = 0;
    for (int i = 0; i < RIVALS; i++)
        rivals[i] = judged(make(w, w->platform_manager, where, bodies[i]));
    send_together(rivals, RIVALS);
    for (int i = 0; i < RIVALS; i++)
        if (status_of(rivals[i]) == 201)
            winners++;
        else
            refuse(rivals[i], 409, conflict);
    expect(w, winners == 1, "%d of %d concurrent creates succeeded, expected one", winners,
           (int)RIVALS);
}

CASE("DOM-003-race", .clauses = { "DOM-003" }, .needs = { "domains" },
     .title = "of concurrent creates with one slug one succeeds")
{
    for (int race = 0; race < RACES; race++) {
        json_t *bodies[RIVALS];
        const char *slug = world_name(w, "slug");
        for (int i = 0; i < RIVALS; i++)
            bodies[i] = text_but(w, a_domain(w), "slug", slug);
        one_winner(w, DOMAINS, bodies, "domain_slug_conflict");
    }
}

CASE("PRJ-032-race", .clauses = { "PRJ-032" }, .needs = { "domains", "projects" },
     .title = "of concurrent creates with overlapping ranges one succeeds")
{
    json_t *domain = made_domain(w, a_domain(w));
    const char *id = json_text(domain, "id"), *pool = json_text(domain, "mesh_cidr");
    for (unsigned race = 0; race < 4; race++) {
        json_t *bodies[RIVALS];
        for (unsigned i = 0; i < RIVALS; i++)
            bodies[i] = text_but(w, a_project(w, id), "sub_range_cidr",
                                 subnet(w, pool, 24 + (int)i % 2, race << i % 2));
        one_winner(w, PROJECTS, bodies, "sub_range_overlap");
    }
}
