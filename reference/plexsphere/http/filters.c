#include "reference/plexsphere/http/filters.h"

#include "common/text.h"

struct answer filter_uuid(struct request *rq, const char *name, const struct uuid **out)
{
    const char *text = request_query(rq, name);
    struct uuid *id = arena_alloc(rq->arena, sizeof *id);
    *out = NULL;
    if (!text)
        return answer_go_on();
    if (!uuid_parse(text, id) || uuid_is_nil(id))
        return answer_problem_detail(rq, PROBLEM_BAD_REQUEST,
                                     "%s must be a UUID and not the nil UUID.", name);
    *out = id;
    return answer_go_on();
}

struct answer filter_word(struct request *rq, const char *name, const char *const *words,
                          const char **out)
{
    const char *text = request_query(rq, name);
    *out = NULL;
    if (!text)
        return answer_go_on();
    for (; *words; words++)
        if (text_equal(text, *words)) {
            *out = *words;
            return answer_go_on();
        }
    return answer_problem_detail(rq, PROBLEM_BAD_REQUEST, "%s is none of its words.", name);
}

/* As JSON, so that no value can be taken for another name; ids in one spelling. */
const char *filters_text(struct request *rq, const char *const *names)
{
    json_t *said = json_own(rq->arena, json_object());
    for (; *names; names++) {
        const char *value = request_query(rq, *names);
        if (value)
            json_object_set_new(said, *names, json_string(text_lower(rq->arena, value)));
    }
    return json_dump_sorted(rq->arena, said);
}
