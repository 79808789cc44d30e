/* Makes the table of announcements: dev-stack.json's sentences, then those of announcements.json.
 *
 *     tools_announcements DEV_STACK OWN OUT */
#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/file.h"
#include "common/json.h"

#define CAP (1u << 20)

static bool row(struct buffer *b, const char *name, const char *sentence, struct error *e)
{
    if (name == NULL || sentence == NULL)
        return error_set(e, "an announcement needs a name and a sentence");
    buffer_text(b, "{ \"");
    buffer_json_escaped(b, name, strlen(name));
    buffer_text(b, "\", \"");
    buffer_json_escaped(b, sentence, strlen(sentence));
    buffer_text(b, "\" },\n");
    return true;
}

/* Ruling 17: the whole delta, but of plexsphere's paragraph its first sentence. */
static bool rows(struct buffer *b, const json_t *stack, const json_t *own, struct error *e)
{
    size_t i;
    json_t *item;
    const json_t *dependencies = json_member(stack, "dependencies");
    const json_t *others = json_member(own, "announcements");
    json_array_foreach (dependencies, i, item) {
        const char *first = json_text(item, "prod_delta_first_sentence");
        if (!row(b, json_text(item, "name"), first != NULL ? first : json_text(item, "prod_delta"),
                 e))
            return false;
    }
    if (i == 0)
        return error_set(e, "dev-stack.json has no dependencies");
    json_array_foreach (others, i, item)
        if (!row(b, json_text(item, "name"), json_text(item, "sentence"), e))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    json_t *stack = NULL, *own = NULL;
    struct buffer b;
    buffer_init_arena(&b, CAP, a);
    bool ok = argc == 4 && json_parse_file(a, argv[1], CAP, &stack, &e) &&
              json_parse_file(a, argv[2], CAP, &own, &e) && rows(&b, stack, own, &e) &&
              file_write_atomic(argv[3], b.data, b.len, 0644, &e);
    if (!ok)
        fprintf(stderr, "tools_announcements: %s\n",
                argc == 4 ? e.text : "usage: tools_announcements DEV_STACK OWN OUT");
    arena_destroy(a);
    return ok ? 0 : 1;
}
