# cmake --install, and what find_package(amqp_sidecar_client) reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/amqp_sidecar_client)

install(TARGETS amqp_sidecar_client EXPORT amqp_sidecar_client)
install(DIRECTORY include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
install(DIRECTORY ${generated_dir}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN *.pb.h)
install(EXPORT amqp_sidecar_client DESTINATION ${package_dir} NAMESPACE amqp_sidecar::
        FILE amqp_sidecar_client-targets.cmake)
file(CONFIGURE OUTPUT amqp_sidecar_client-config.cmake @ONLY CONTENT [[
include(${CMAKE_CURRENT_LIST_DIR}/dependencies.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/amqp_sidecar_client-targets.cmake)
]])
write_basic_package_version_file(amqp_sidecar_client-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/amqp_sidecar_client-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/amqp_sidecar_client-config-version.cmake
              cmake/dependencies.cmake
        DESTINATION ${package_dir})
