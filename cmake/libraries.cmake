# Every library that Waymark uses, all from Debian's packages (scripts/deps).

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED COMPONENTS core)
pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(MAXMINDDB REQUIRED IMPORTED_TARGET libmaxminddb)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(TLS REQUIRED IMPORTED_TARGET libssl)
pkg_check_modules(PUGIXML REQUIRED IMPORTED_TARGET pugixml)

# spdlog and fmt, header-only, so that workers link no shared library for their log lines.
find_package(fmt REQUIRED)

# Asio compiled once; nothing else instantiates its implementation.
add_library(waymark_asio STATIC ${PROJECT_SOURCE_DIR}/cmake/asio.cc)
target_link_libraries(waymark_asio PUBLIC Boost::headers Threads::Threads)
target_compile_definitions(waymark_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
add_library(waymark::asio ALIAS waymark_asio)

# Asio's TLS streams, for base/tls and what speaks TLS.
add_library(waymark_asio_ssl STATIC ${PROJECT_SOURCE_DIR}/cmake/asio_ssl.cc)
target_link_libraries(waymark_asio_ssl PUBLIC waymark_asio PkgConfig::TLS PkgConfig::CRYPTO)
add_library(waymark::asio_ssl ALIAS waymark_asio_ssl)

# Beast compiled once, for api/http only.
add_library(waymark_beast STATIC ${PROJECT_SOURCE_DIR}/cmake/beast.cc)
target_link_libraries(waymark_beast PUBLIC waymark_asio)
target_compile_definitions(waymark_beast PUBLIC BOOST_BEAST_SEPARATE_COMPILATION)
add_library(waymark::beast ALIAS waymark_beast)
