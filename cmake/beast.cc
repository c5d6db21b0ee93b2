// Beast, compiled in one place (BOOST_BEAST_SEPARATE_COMPILATION).
#include <boost/beast/src.hpp>
