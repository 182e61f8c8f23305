# SPDX-License-Identifier: ISC
# What a Ruby program sees: see show.c.
$stdout.binmode
ARGV.each do |name|
  value = ENV[name]
  $stdout.write(value.nil? ? "none #{name}\0" : "look #{name}=#{value}\0")
end
ENV.each_pair { |name, value| $stdout.write("list #{name}=#{value}\0") }
$stdout.write("ready\0")
$stdout.flush
$stdin.read
