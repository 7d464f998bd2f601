# What is installed, and the Debian package: cmake --build build/release --target deb.
# The binary, the unit, the configuration, the man page, and what every Debian package has.
include(GNUInstallDirs)
install(TARGETS amqp-sidecar RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

find_program(SIDECAR_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(SIDECAR_DPKG_SHLIBDEPS dpkg-shlibdeps)
if(NOT SIDECAR_PYTHON OR NOT SIDECAR_DPKG_SHLIBDEPS)
  message(STATUS "No Debian package: that takes python3 and dpkg-dev")
  return()
endif()

set(CPACK_DEBIAN_PACKAGE_MAINTAINER "amqp-sidecar authors <maintainers@amqp-sidecar.invalid>" CACHE STRING
    "Who answers for the Debian package")
set(deploy ${PROJECT_SOURCE_DIR}/deploy)
set(folder ${PROJECT_BINARY_DIR}/package)
file(MAKE_DIRECTORY ${folder})
configure_file(${deploy}/debian/changelog.in ${folder}/changelog.Debian @ONLY)
add_custom_command(OUTPUT ${folder}/amqp-sidecar.1.gz
  COMMAND ${SIDECAR_PYTHON} ${deploy}/debian/man_page.py $<TARGET_FILE:amqp-sidecar>
          ${folder}/amqp-sidecar.1.gz
  DEPENDS amqp-sidecar ${deploy}/debian/man_page.py)
add_custom_command(OUTPUT ${folder}/changelog.gz ${folder}/changelog.Debian.gz
  COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/CHANGELOG.md > ${folder}/changelog.gz
  COMMAND gzip -9nc ${folder}/changelog.Debian > ${folder}/changelog.Debian.gz
  DEPENDS ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${folder}/changelog.Debian)
add_custom_target(package_files
  DEPENDS amqp-sidecar ${folder}/amqp-sidecar.1.gz ${folder}/changelog.gz ${folder}/changelog.Debian.gz)

# A component of its own, from the root: a plain cmake --install takes the binary alone.
function(install_for_package)
  install(${ARGN} COMPONENT package EXCLUDE_FROM_ALL)
endfunction()
install_for_package(TARGETS amqp-sidecar RUNTIME DESTINATION usr/bin)
install_for_package(FILES ${deploy}/systemd/amqp-sidecar.service DESTINATION usr/lib/systemd/system)
install_for_package(FILES ${deploy}/config/config.yaml DESTINATION etc/amqp-sidecar)
install_for_package(FILES ${folder}/amqp-sidecar.1.gz DESTINATION usr/share/man/man1)
install_for_package(FILES ${deploy}/debian/copyright ${folder}/changelog.gz
                          ${folder}/changelog.Debian.gz DESTINATION usr/share/doc/amqp-sidecar)
install_for_package(FILES ${deploy}/debian/lintian-overrides DESTINATION usr/share/lintian/overrides
                    RENAME amqp-sidecar)

set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};amqp-sidecar;package;/")
set(CPACK_PACKAGING_INSTALL_PREFIX /)
# What there is to build is a dependency of the target deb: the tests are not.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME amqp-sidecar)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
# Below the one line of project().
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A daemon that holds the one AMQP connection of a service to RabbitMQ, and
offers Publish and Subscribe over gRPC on a Unix socket, to any language.
.
An OK of a publish means that the broker has the message, in a queue; what
goes wrong is told, with a reason.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS rabbitmq-server)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${deploy}/debian/postinst ${deploy}/debian/prerm ${deploy}/debian/postrm ${deploy}/debian/conffiles)
include(CPack)

add_custom_target(deb COMMAND ${CMAKE_CPACK_COMMAND} -G DEB DEPENDS package_files VERBATIM
                  WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
