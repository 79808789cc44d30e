#include "reference/plexsphere/meta/pages.h"

#include <string.h>

#include "common/text.h"
/* Made together with the document below: a new contract recompiles this file. */
#include "reference/plexsphere/http/operation.h"

extern const unsigned char plexsphere_openapi_first[], plexsphere_openapi_end[];

__asm__(".pushsection .rodata\n"
        ".global plexsphere_openapi_first\n"
        ".global plexsphere_openapi_end\n"
        "plexsphere_openapi_first:\n"
        ".incbin \"" OPENAPI_FILE "\"\n"
        "plexsphere_openapi_end:\n"
        ".byte 0\n"
        ".popsection\n");

static const char docs_page[] =
    "<!doctype html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>plexsphere API</title>\n"
    "<style>\n"
    "body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; "
    "padding: 0 1rem }\n"
    "code { font-family: ui-monospace, monospace } .method { display: inline-block; width: 5rem; "
    "font-weight: 600 }\n"
    "summary { cursor: pointer; padding: .2rem 0 } details div { margin: 0 0 1rem 1rem } "
    "h2 { margin-top: 2rem }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n"
    "<h1>plexsphere API</h1>\n"
    "<p>The contract itself is <a href=\"/v1/openapi.json\">/v1/openapi.json</a>.</p>\n"
    "<div id=\"operations\">Loading…</div>\n"
    "<script src=\"/v1/docs/assets/docs.js\"></script>\n"
    "</body>\n"
    "</html>\n";

static const char docs_script[] =
    "'use strict';\n"
    "(function () {\n"
    "  var root = document.getElementById('operations');\n"
    "  function element(name, text, parent) {\n"
    "    var made = document.createElement(name);\n"
    "    if (text) made.textContent = text;\n"
    "    if (parent) parent.appendChild(made);\n"
    "    return made;\n"
    "  }\n"
    "  function schemaName(content) {\n"
    "    return Object.keys(content || {}).map(function (media) {\n"
    "      var schema = content[media].schema || {};\n"
    "      return media + (schema.$ref ? ' ' + schema.$ref.split('/').pop() : '');\n"
    "    }).join(', ');\n"
    "  }\n"
    "  function show(parent, method, path, operation) {\n"
    "    var details = element('details', '', parent);\n"
    "    var summary = element('summary', '', details);\n"
    "    element('span', method.toUpperCase(), summary).className = 'method';\n"
    "    element('code', path, summary);\n"
    "    var body = element('div', '', details);\n"
    "    element('p', operation.operationId, body);\n"
    "    (operation.parameters || []).forEach(function (p) {\n"
    "      element('p', p.in + ' ' + p.name + (p.required ? ' (required)' : ''), body);\n"
    "    });\n"
    "    if (operation.requestBody)\n"
    "      element('p', 'body: ' + schemaName(operation.requestBody.content), body);\n"
    "    Object.keys(operation.responses).forEach(function (status) {\n"
    "      var response = operation.responses[status];\n"
    "      element('p', status + ' ' + response.description + ' ' + "
    "schemaName(response.content), body);\n"
    "    });\n"
    "  }\n"
    "  function render(contract) {\n"
    "    var tags = {};\n"
    "    Object.keys(contract.paths).forEach(function (path) {\n"
    "      Object.keys(contract.paths[path]).forEach(function (method) {\n"
    "        var operation = contract.paths[path][method];\n"
    "        var tag = operation.tags[0];\n"
    "        (tags[tag] = tags[tag] || []).push([method, path, operation]);\n"
    "      });\n"
    "    });\n"
    "    root.textContent = '';\n"
    "    Object.keys(tags).sort().forEach(function (tag) {\n"
    "      element('h2', tag, root);\n"
    "      tags[tag].forEach(function (row) { show(root, row[0], row[1], row[2]); });\n"
    "    });\n"
    "  }\n"
    "  fetch('/v1/openapi.json').then(function (answer) { return answer.json(); })\n"
    "    .then(render)\n"
    "    .catch(function () { root.textContent = 'The contract could not be loaded.'; });\n"
    "})();\n";

struct bytes page_openapi(void)
{
    return (struct bytes){ plexsphere_openapi_first,
                           (size_t)(plexsphere_openapi_end - plexsphere_openapi_first) };
}

struct bytes page_docs(void)
{
    return BYTES_OF_TEXT(docs_page);
}

struct bytes page_asset(const char *name)
{
    if (text_equal(name, "docs.js"))
        return BYTES_OF_TEXT(docs_script);
    return (struct bytes){ NULL, 0 };
}
