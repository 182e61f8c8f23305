// SPDX-License-Identifier: ISC
// A Go program with a secret in TOKEN that starts itself again in the ways that servers do. Each prints TOKEN once all
// has gone well.
//
//	soak-go prefork WORKERS COUNT  keeps so many children of itself, kills and replaces them, COUNT in all
//	soak-go routines COUNT         a thousand goroutines that start children, or stat, COUNT times in all
//	soak-go again COUNT            executes itself in its own place, COUNT times
//	soak-go worker                 prints TOKEN, and waits to be killed, or for the end of standard input
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

var token = os.Getenv("TOKEN")

func check(err error) {
	if err != nil {
		fmt.Println("soak-go:", err)
		os.Exit(98)
	}
}

func number(at int) int {
	value, err := strconv.Atoi(os.Args[at])
	check(err)
	return value
}

func worker() (*exec.Cmd, io.Closer, *bufio.Reader) {
	command := exec.Command(os.Args[0], "worker")
	input, err := command.StdinPipe()
	check(err)
	output, err := command.StdoutPipe()
	check(err)
	check(command.Start())
	return command, input, bufio.NewReader(output)
}

// One generation of one place: it lives until it has answered, and ends by a signal, or by itself.
func generation(n int64) {
	command, input, output := worker()
	line, err := output.ReadString('\n')
	check(err)
	if line != token+"\n" {
		check(fmt.Errorf("a worker prints %q", line))
	}
	signals := []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, 0}
	if signal := signals[n%3]; signal != 0 {
		check(command.Process.Signal(signal))
	} else {
		check(input.Close())
	}
	err = command.Wait()
	if n%3 == 2 {
		check(err)
	} else if err == nil {
		check(fmt.Errorf("a worker survives"))
	}
}

func together(places int, count int, once func(int64)) {
	var group sync.WaitGroup
	var next int64
	for place := 0; place < places; place++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := atomic.AddInt64(&next, 1); n <= int64(count); n = atomic.AddInt64(&next, 1) {
				once(n)
			}
		}()
	}
	group.Wait()
}

// A child every twentieth time; else what keeps the processors and the scheduler at work.
func routine(slots chan struct{}) func(int64) {
	return func(n int64) {
		if n%20 == 0 {
			slots <- struct{}{}
			generation(n)
			<-slots
			return
		}
		_, err := os.Stat("/proc/self/exe")
		check(err)
		sum := 0
		for i := 0; i < 20000; i++ {
			sum += i * sum
		}
		if sum == 1 {
			runtime.Gosched()
		}
		if os.Getenv("TOKEN") != token {
			check(fmt.Errorf("TOKEN has changed"))
		}
	}
}

// What is used up: descriptors, children, mappings of secret memory and of code.
func used() string {
	descriptors, err := os.ReadDir("/proc/self/fd")
	check(err)
	maps, err := os.ReadFile("/proc/self/maps")
	check(err)
	var status syscall.WaitStatus
	_, err = syscall.Wait4(-1, &status, syscall.WNOHANG|0x40000000, nil)
	return fmt.Sprint(len(descriptors), strings.Count(string(maps), "secretmem"), strings.Count(string(maps), "memfd"), err)
}

func main() {
	switch os.Args[1] {
	case "worker":
		fmt.Println(token)
		io.Copy(io.Discard, os.Stdin)
		return
	case "again":
		if left := number(2); left > 0 {
			check(syscall.Exec(os.Args[0], []string{os.Args[0], "again", strconv.Itoa(left - 1)}, os.Environ()))
		}
	case "prefork":
		generation(2)
		before := used()
		together(number(2), number(3), generation)
		if after := used(); after != before {
			check(fmt.Errorf("%s before, %s after", before, after))
		}
	case "routines":
		runtime.GOMAXPROCS(4)
		generation(2)
		before := used()
		together(1000, number(2), routine(make(chan struct{}, 16)))
		if after := used(); after != before {
			check(fmt.Errorf("%s before, %s after", before, after))
		}
	default:
		os.Exit(99)
	}
	fmt.Println(token)
}
