# Protobuf and gRPC, as targets amqp_sidecar_protobuf and amqp_sidecar_grpc. Used by the build and by
# the installed package.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
if(NOT TARGET protobuf::libprotobuf)
  find_dependency(Protobuf)
endif()

if(NOT TARGET amqp_sidecar_grpc)
  add_library(amqp_sidecar_grpc INTERFACE IMPORTED)
  if(NOT TARGET gRPC::grpc++)
    # Shared libraries know what they need, and gRPC's own package takes minutes to find it on some
    # systems; with static ones there is no other way.
    find_library(AMQP_SIDECAR_GRPCPP grpc++)
    find_library(AMQP_SIDECAR_GRPC grpc)
    find_library(AMQP_SIDECAR_GPR gpr)
    find_library(AMQP_SIDECAR_ABSL_SYNCHRONIZATION absl_synchronization)
    mark_as_advanced(AMQP_SIDECAR_GRPCPP AMQP_SIDECAR_GRPC AMQP_SIDECAR_GPR)
    mark_as_advanced(AMQP_SIDECAR_ABSL_SYNCHRONIZATION)
  endif()
  if(NOT TARGET gRPC::grpc++ AND "${AMQP_SIDECAR_GRPCPP}" MATCHES "[.](so|dylib)")
    set_property(TARGET amqp_sidecar_grpc PROPERTY INTERFACE_LINK_LIBRARIES
      ${AMQP_SIDECAR_GRPCPP} ${AMQP_SIDECAR_GRPC} ${AMQP_SIDECAR_GPR}
      $<$<BOOL:${AMQP_SIDECAR_ABSL_SYNCHRONIZATION}>:${AMQP_SIDECAR_ABSL_SYNCHRONIZATION}>)
  else()
    if(NOT TARGET gRPC::grpc++)
      find_dependency(gRPC CONFIG)
    endif()
    set_property(TARGET amqp_sidecar_grpc PROPERTY INTERFACE_LINK_LIBRARIES gRPC::grpc++)
  endif()
endif()
