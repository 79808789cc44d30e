/* yaml_json FILE — a stream of YAML documents as one JSON array, read as Kubernetes reads it. */
#include <stdio.h>

#include "common/arena.h"
#include "common/file.h"
#include "common/yaml.h"

#define CAP (16u << 20)

int main(int argc, char **argv)
{
    struct arena *a = arena_create();
    struct error e = { "" };
    struct bytes text;
    json_t *documents = NULL;
    bool ok = argc == 2 ? file_read(a, argv[1], CAP, &text, &e) &&
                              yaml_parse_stream(a, text.data, text.len, &documents, &e)
                        : error_set(&e, "usage: yaml_json FILE");
    if (!ok)
        fprintf(stderr, "yaml_json: %s%s%s\n", argc == 2 ? argv[1] : "", argc == 2 ? ": " : "",
                e.text);
    else
        ok = json_dumpf(documents, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    arena_destroy(a);
    return ok ? 0 : 1;
}
