# SPDX-License-Identifier: ISC
# ruby.rb WAY PROGRAM SOCKET: starts the witness by one of Ruby's ways. Run by the leak matrix; holds secrets, and
# prints none.
require 'open3'
way, *command = ARGV
line = command.join(' ')
ways = {
  'system' => -> { system(*command) },
  'system-shell' => -> { system("#{line} && :") },
  'system-env' => -> { system({ 'ADDED' => 'yes' }, *command) },
  'system-unset' => -> { system({ 'A' => '1' }, *command, unsetenv_others: true) },
  'system-renamed' => -> { system({ 'COPY' => ENV['KEY'] }, *command, unsetenv_others: true) },
  'system-keep-fds' => -> { system(*command, close_others: false) },
  'backticks' => -> { `#{line}`; $?.success? },
  'backticks-shell' => -> { `#{line} && :`; $?.success? },
  'spawn' => -> { Process.wait(spawn(*command)); $?.success? },
  'spawn-group' => -> { Process.wait(spawn(*command, pgroup: true, chdir: '/')); $?.success? },
  'exec' => -> { exec(*command) },
  'exec-shell' => -> { exec("#{line}; exit $?") },
  'fork-exec' => -> { Process.wait(fork { exec(*command) }); $?.success? },
  'popen' => -> { IO.popen(command).close; $?.success? },
  'popen-shell' => -> { IO.popen("#{line} | cat", 'r+').close; $?.success? },
  'open3' => -> { Open3.capture3(*command).last.success? },
  'thread' => -> { Thread.new { system(*command) }.value },
  'changed' => -> { ENV['COPY'] = ENV['KEY']; ENV['KEY'] = 'changed'; ENV.delete('PW'); system(*command) }
}
exit(ways.fetch(way).call ? 0 : 1)
