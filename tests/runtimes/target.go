// SPDX-License-Identifier: ISC
// target.c for a Go program. The address is that of the copy which the runtime makes of every variable.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"syscall"
	"unsafe"
)

func main() {
	value := os.Getenv(os.Args[1])
	if value == "" {
		os.Exit(99)
	}
	control := make([]byte, 64)
	for i := 0; i < 32; i++ {
		control[i] = byte('A' + i*7%26)
	}
	address := *(*uintptr)(unsafe.Pointer(&value))
	fmt.Printf("%#x %d\nready\n", address, len(value))
	io.Copy(io.Discard, os.Stdin)
	if len(os.Args) > 2 {
		debug.SetTraceback("crash") // ends by a signal, after a page of text
		syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		select {}
	}
	if control[0] != 'A' {
		os.Exit(1)
	}
}
