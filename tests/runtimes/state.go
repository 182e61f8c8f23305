// SPDX-License-Identifier: ISC
// What a Go program finds of its process: `state show` and `state descriptors` of state.c, as far as a runtime
// with threads and handlers of its own lets it show.
package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

func lines(path string, prefixes ...string) {
	text, _ := os.ReadFile(path)
	for _, line := range strings.Split(string(text), "\n") {
		for _, prefix := range prefixes {
			if strings.HasPrefix(line, prefix) {
				fmt.Println(line)
			}
		}
	}
}

func main() {
	for _, argument := range os.Args {
		fmt.Println("argument", argument)
	}
	lines("/proc/self/status", "Umask", "SigPnd", "ShdPnd", "SigIgn", "SigCgt", "Cap", "NoNew", "Seccomp", "Uid", "Gid",
		"Groups", "PPid", "TracerPid", "Cpus_allowed:")
	lines("/proc/self/limits", "Max cpu", "Max file", "Max data", "Max stack", "Max res", "Max pro", "Max open",
		"Max lock", "Max addr", "Max pend", "Max msg", "Max nice", "Max real")
	lines("/proc/self/oom_score_adj", "")
	stat, _ := os.ReadFile("/proc/self/stat")
	fields := strings.Fields(string(stat[strings.LastIndex(string(stat), ")")+2:]))
	fmt.Println("parent, group, session, terminal, foreground", fields[1:6], "priority", fields[15:17])
	children, _ := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/children", os.Getpid()))
	var status syscall.WaitStatus
	_, err := syscall.Wait4(-1, &status, syscall.WNOHANG|0x40000000, nil)
	fmt.Println("children", string(children), err)
	directory, _ := os.Getwd()
	fmt.Println("directory", directory)
	for fd := 0; fd < 256; fd++ {
		target, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		if err == nil && !strings.HasPrefix(target, "anon_inode") && !strings.HasPrefix(target, "pipe:") {
			fmt.Println("descriptor", fd, target)
		}
	}
}
