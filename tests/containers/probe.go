// SPDX-License-Identifier: ISC

// The same as probe.c, for images whose programs are in Go.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func show(name string) {
	value, set := os.LookupEnv(name)
	if !set {
		value = "tesnu"
	}
	backwards := []byte(value)
	for i, j := 0, len(backwards)-1; i < j; i, j = i+1, j-1 {
		backwards[i], backwards[j] = backwards[j], backwards[i]
	}
	fmt.Println(string(backwards))
}

func try(path string) {
	if _, err := os.Open(path); err != nil {
		fmt.Println(err)
	} else {
		fmt.Println("readable")
	}
}

func wait() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGHUP)
	fmt.Println("ready")
	for <-signals == syscall.SIGHUP {
		fmt.Println("hup")
	}
	fmt.Println("term")
}

func run(arguments ...string) {
	child := exec.Command(arguments[0], arguments[1:]...)
	child.Stdout = os.Stdout
	if err := child.Run(); err != nil {
		fmt.Println(err)
		os.Exit(98)
	}
}

func main() {
	what, word := os.Args[1], ""
	if len(os.Args) > 2 {
		word = os.Args[2]
	}
	switch what {
	case "show":
		show(word)
	case "read":
		try(word)
	case "exit":
		status, _ := strconv.Atoi(word)
		os.Exit(status)
	case "wait":
		wait()
	case "leave": // a child of its own, which ends when nobody waits for it any more
		exec.Command(os.Args[0], "exit", "0").Start()
	case "orphan":
		run(os.Args[0], "leave")
		time.Sleep(time.Second)
		wait()
	case "child":
		run(os.Args[2:]...)
	case "exec":
		syscall.Exec(os.Args[2], os.Args[2:], os.Environ())
		os.Exit(127)
	}
}
