#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Writes a small MMDB in the form of GeoLite2 City: make_mmdb.pl FILE [COUNTRY of 198.51.100.0/24].
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my ($path, $country) = @ARGV;
my %types = (continent => 'map', country => 'map', code => 'utf8_string', iso_code => 'utf8_string',
             subdivisions => ['array', 'map'], location => 'map', latitude => 'double', longitude => 'double');
my $tree = MaxMind::DB::Writer::Tree->new(
  ip_version => 6, record_size => 24, database_type => 'Waymark-Test', languages => ['en'],
  description => { en => 'places for a test' }, map_key_type_callback => sub { $types{ $_[0] } },
  alias_ipv6_to_ipv4 => 1, remove_reserved_networks => 0);
sub place { my ($network, %data) = @_; $tree->insert_network($network, \%data) }

place('198.51.100.0/24', continent => { code => 'EU' }, country => { iso_code => $country // 'DE' },
      location => { latitude => 52.52, longitude => 13.40 });
place('203.0.113.0/25', continent => { code => 'NA' }, country => { iso_code => 'US' },
      subdivisions => [{ iso_code => 'WA' }], location => { latitude => 47.61, longitude => -122.33 });
place('2001:db8:77::/48', continent => { code => 'AS' }, country => { iso_code => 'JP' });
place('192.0.2.0/24', continent => { code => 'OC' });
open my $file, '>:raw', $path or die "$path: $!";
$tree->write_tree($file);
close $file or die "$path: $!";
