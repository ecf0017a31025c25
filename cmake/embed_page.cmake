# cmake -DPAGE=folder -DD3=d3.min.js -DSCRIPTS=a.js;b.js -DSCHEMAS=profile.json;... -DOUTPUT=page_assets.cpp -P embed_page.cmake
# Writes the arrays of halfulp/report/page_assets.hpp, and the hashes by which the page allows its own scripts and style.

# base64 of hexadecimal digits, as Content-Security-Policy wants a hash
function(base64_of hex result)
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  set(text "")
  string(LENGTH ${hex} length)
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${hex}" ${at} 6 group)
    string(LENGTH ${group} digits)
    string(SUBSTRING "${group}0000" 0 6 group)
    math(EXPR bits "0x${group}")
    foreach(shift 18 12 6 0)
      math(EXPR place "(${bits} >> ${shift}) & 63")
      string(SUBSTRING ${alphabet} ${place} 1 letter)
      string(APPEND text ${letter})
    endforeach()
    if(digits LESS 6)
      math(EXPR padding "(6 - ${digits}) / 2")
      string(LENGTH ${text} letters)
      math(EXPR letters "${letters} - ${padding}")
      string(SUBSTRING ${text} 0 ${letters} text)
      string(REPEAT "=" ${padding} pad)
      string(APPEND text ${pad})
    endif()
    math(EXPR at "${at} + 6")
  endwhile()
  set(${result} ${text} PARENT_SCOPE)
endfunction()

set(definitions "")
# An array of the file's bytes; `name` is a function that returns them.
function(embed name file)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND definitions "const unsigned char ${name}_bytes[] = {${bytes}0};\n"
         "${storage}std::string_view ${name}() { return text_of(${name}_bytes, sizeof ${name}_bytes - 1); }\n")
  set(definitions "${definitions}" PARENT_SCOPE)
endfunction()

# Embeds what stands between two tags of the page, and the hash of it.
function(embed_inline name file)
  file(READ ${file} content)
  string(TOLOWER "${content}" content)
  foreach(end "</script" "</style" "<!--")
    string(FIND "${content}" "${end}" place)
    if(NOT place EQUAL -1)
      message(FATAL_ERROR "${file} holds ${end}, which would end the page's script or style")
    endif()
  endforeach()
  embed(${name} ${file})
  file(SHA256 ${file} hash)
  base64_of(${hash} hash)
  string(APPEND definitions "std::string_view ${name}_hash() { return \"sha256-${hash}\"; }\n")
  set(definitions "${definitions}" PARENT_SCOPE)
endfunction()

# One function around all scripts: their names are theirs alone.
set(script ${OUTPUT}.script.js)
file(WRITE ${script} "(() => {\n\"use strict\";\n")
foreach(part IN LISTS SCRIPTS)
  file(READ ${part} text)
  file(APPEND ${script} "${text}")
endforeach()
file(APPEND ${script} "})();\n")
file(READ ${PAGE}/d3_licence.txt licence)
file(READ ${D3} d3)
file(WRITE ${OUTPUT}.d3.js "/*\n${licence}*/\n${d3}")

embed(page_template ${PAGE}/page.html)
embed_inline(page_style ${PAGE}/style.css)
embed_inline(page_d3 ${OUTPUT}.d3.js)
embed_inline(page_script ${script})
set(cases "")
set(storage "static ")  # only schema_of() calls these
foreach(schema IN LISTS SCHEMAS)
  get_filename_component(verb ${schema} NAME_WE)
  embed(schema_${verb} ${schema})
  string(APPEND cases "  if (verb == \"${verb}\") return schema_${verb}();\n")
  string(APPEND verbs "\"${verb}\", ")
endforeach()

file(WRITE ${OUTPUT} "// Written by cmake/embed_page.cmake.
#include \"halfulp/report/page_assets.hpp\"

namespace halfulp {
namespace {
std::string_view text_of(const unsigned char* bytes, std::size_t count) {
  return {reinterpret_cast<const char*>(bytes), count};
}
}  // namespace
${definitions}
std::string_view schema_of(std::string_view verb) {
${cases}  return {};
}
std::vector<std::string> verbs_with_results() { return {${verbs}}; }
}  // namespace halfulp
")
