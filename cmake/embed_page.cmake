# Makes a .cc of a page: its text, and the policy that lets its one script and its one style run.
# cmake -D PAGE=status_page.html -D OUTPUT=status_page.cc -P embed_page.cmake

# The hash of what stands between the tags, as a Content-Security-Policy has it.
function(hash_of tag result)
  string(FIND "${page}" "<${tag}>" begin)
  string(FIND "${page}" "</${tag}>" end)
  string(FIND "${page}" "<${tag}" first)
  string(FIND "${page}" "<${tag}" last REVERSE)
  if(begin LESS 0 OR end LESS begin OR NOT first EQUAL last)
    message(FATAL_ERROR "${PAGE}: there must be one <${tag}>, without attributes")
  endif()
  string(LENGTH "<${tag}>" length)
  math(EXPR begin "${begin} + ${length}")
  math(EXPR length "${end} - ${begin}")
  string(SUBSTRING "${page}" ${begin} ${length} text)
  string(SHA256 hex "${text}")
  to_base64(${hex} base64)
  set(${result} "'sha256-${base64}'" PARENT_SCOPE)
endfunction()

# Three bytes at a time; 32 bytes leave two for the end.
function(to_base64 hex result)
  set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
  set(base64)
  foreach(at RANGE 0 60 6)
    string(SUBSTRING "${hex}00" ${at} 6 three)
    foreach(shift 18 12 6 0)
      math(EXPR index "(0x${three} >> ${shift}) & 63")
      string(SUBSTRING ${alphabet} ${index} 1 letter)
      string(APPEND base64 ${letter})
    endforeach()
  endforeach()
  string(SUBSTRING ${base64} 0 43 base64)
  set(${result} "${base64}=" PARENT_SCOPE)
endfunction()

file(READ ${PAGE} page)
# Bytes and letters are the same then, for every version of CMake.
string(REGEX MATCH "[^\t\n -~]" other "${page}")
string(FIND "${page}" ")page\"" quote)
if(NOT other STREQUAL "" OR NOT quote EQUAL -1)
  message(FATAL_ERROR "${PAGE}: ASCII only, and no )page\"")
endif()
hash_of(script script)
hash_of(style style)
string(CONCAT policy "default-src 'none'; script-src ${script}; style-src ${style}; img-src data:; "
                     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
file(WRITE ${OUTPUT} "// Made from status_page.html by cmake/embed_page.cmake.
#include \"app/status_page.h\"

namespace amqp_sidecar::app {

constinit const std::string_view kStatusPage = R\"page(${page})page\";
constinit const std::string_view kStatusPagePolicy =
    \"${policy}\";

}  // namespace amqp_sidecar::app
")
