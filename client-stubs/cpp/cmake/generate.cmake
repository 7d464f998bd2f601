# The generated code, into the library, by the protoc that is installed: it must be of the same
# version as protobuf's headers.
find_program(AMQP_SIDECAR_PROTOC protoc REQUIRED)
find_program(AMQP_SIDECAR_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)
cmake_path(ABSOLUTE_PATH PROJECT_SOURCE_DIR NORMALIZE OUTPUT_VARIABLE here)
cmake_path(APPEND here ../../proto OUTPUT_VARIABLE proto_dir)
cmake_path(NORMAL_PATH proto_dir)

set(generated_dir ${CMAKE_CURRENT_BINARY_DIR}/gen)
file(MAKE_DIRECTORY ${generated_dir})
foreach(name message publisher subscriber topology)
  set(stem amqp_sidecar/v1/${name})
  set(outputs ${generated_dir}/${stem}.pb.cc ${generated_dir}/${stem}.pb.h
              ${generated_dir}/${stem}.grpc.pb.cc ${generated_dir}/${stem}.grpc.pb.h)
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND ${AMQP_SIDECAR_PROTOC} -I ${proto_dir} --cpp_out=${generated_dir}
            --grpc_out=${generated_dir} --plugin=protoc-gen-grpc=${AMQP_SIDECAR_GRPC_PLUGIN}
            ${proto_dir}/${stem}.proto
    DEPENDS ${proto_dir}/${stem}.proto
    COMMENT "protoc ${stem}.proto"
    VERBATIM)
  target_sources(amqp_sidecar_client PRIVATE ${outputs})
  set_source_files_properties(${outputs} PROPERTIES COMPILE_OPTIONS -w)
endforeach()
target_include_directories(amqp_sidecar_client SYSTEM PUBLIC $<BUILD_INTERFACE:${generated_dir}>)
target_link_libraries(amqp_sidecar_client PUBLIC amqp_sidecar_grpc protobuf::libprotobuf
                                                 Threads::Threads)
