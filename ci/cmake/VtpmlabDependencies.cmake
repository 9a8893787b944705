# Every outside library the project links, found here and nowhere else. The packages that bring
# them are in ci/packages.txt; nothing is downloaded.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(LibArchive REQUIRED)
find_package(yaml-cpp REQUIRED)

# Through pkg-config, for its defines: the library is compiled with them and its header changes shape.
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)
add_library(vtpmlab::httplib ALIAS PkgConfig::httplib)
pkg_check_modules(pugixml REQUIRED IMPORTED_TARGET pugixml)
pkg_check_modules(libvirt REQUIRED IMPORTED_TARGET libvirt)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
add_library(vtpmlab::re2 ALIAS PkgConfig::re2)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(tss2 REQUIRED IMPORTED_TARGET tss2-esys tss2-mu tss2-tcti-device tss2-rc)

# Packages without a usable CMake or pkg-config file on one of the supported distributions.
find_path(VTPMLAB_SQLITECPP_INCLUDE SQLiteCpp/SQLiteCpp.h REQUIRED)
find_library(VTPMLAB_SQLITECPP_LIBRARY SQLiteCpp REQUIRED)
add_library(vtpmlab_sqlitecpp INTERFACE)
add_library(vtpmlab::sqlitecpp ALIAS vtpmlab_sqlitecpp)
target_include_directories(vtpmlab_sqlitecpp SYSTEM INTERFACE "${VTPMLAB_SQLITECPP_INCLUDE}")
target_link_libraries(vtpmlab_sqlitecpp INTERFACE "${VTPMLAB_SQLITECPP_LIBRARY}" PkgConfig::sqlite3)

find_path(VTPMLAB_EXPECTED_INCLUDE tl/expected.hpp REQUIRED)
find_path(VTPMLAB_VALIJSON_INCLUDE valijson/validator.hpp REQUIRED)

if(VTPMLAB_BUILD_TESTS)
    find_package(GTest REQUIRED)
endif()
