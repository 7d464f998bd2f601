# Headers of others that most files include, parsed once: most files then compile in half the time.
# clang, in its preset, has each file parse its own, which finds the file that relies on another's
# includes.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(precompile ON)
else()
  set(precompile OFF)
endif()
option(SIDECAR_PRECOMPILE "Parse common headers once" ${precompile})

# sidecar_precompile(TARGET [grpc] [catch] [O2]): with the headers of gRPC and of our API, with those
# of Catch2; O2 for a target that is compiled with -O2 beyond what all are.
function(sidecar_precompile target)
  if(NOT SIDECAR_PRECOMPILE)
    return()
  endif()
  list(JOIN ARGN _ kind)
  set(shared sidecar_precompiled_${kind})
  if(NOT TARGET ${shared})
    set(source ${PROJECT_BINARY_DIR}/${shared}.cc)
    file(CONFIGURE OUTPUT ${source} CONTENT "")
    add_library(${shared} OBJECT ${source})
    set(headers <algorithm> <chrono> <cstdint> <deque> <functional> <map> <memory> <optional> <set>
                <string> <string_view> <utility> <variant> <vector>
                <absl/functional/any_invocable.h> <absl/status/statusor.h>
                <absl/strings/str_cat.h> <absl/synchronization/mutex.h>)
    target_link_libraries(${shared} PRIVATE absl::any_invocable absl::statusor absl::strings
                                            absl::synchronization sidecar_options)
    if("grpc" IN_LIST ARGN)
      list(APPEND headers <grpcpp/grpcpp.h> <amqp_sidecar/v1/publisher.grpc.pb.h>
                          <amqp_sidecar/v1/subscriber.grpc.pb.h>
                          <amqp_sidecar/v1/topology.grpc.pb.h>)
      target_link_libraries(${shared} PRIVATE sidecar_proto)
    endif()
    if("catch" IN_LIST ARGN)
      list(APPEND headers <support/catch.h>)
      target_link_libraries(${shared} PRIVATE Catch2::Catch2)
      target_include_directories(${shared} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    endif()
    if("O2" IN_LIST ARGN)
      target_compile_options(${shared} PRIVATE -O2)
    endif()
    target_precompile_headers(${shared} PRIVATE ${headers})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${shared})
  # Without it ccache cannot tell which header was meant.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()
