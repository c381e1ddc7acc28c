// What TCP_INFO costs in Go: the bare system call into a struct, and golang.org/x/sys/unix. The C loop runs in the same
// process, on the same descriptor and thread.
package main

// #include "loop.h"
import "C"

import (
	"fmt"
	"io"
	"math/rand"
	"net"
	"runtime"
	"sort"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	rounds = 1000
	calls  = 3000
)

// The kernel's struct: 8 bytes, and 32-bit and 64-bit words in several groups.
type tcpInfo struct {
	state, caState, retransmits, probes, backoff, options, wscale, flags uint8
	rtoToTotalRetrans                                                    [24]uint32
	pacingToBytesReceived                                                [4]uint64
	segsOutToDataSegsOut                                                 [6]uint32
	deliveryRateToSndbufLimited                                          [4]uint64
	delivered, deliveredCe                                               uint32
	bytesSent, bytesRetrans                                              uint64
	dsackDupsToEcn                                                       [16]uint32
}

func ask(fd uintptr, info *tcpInfo) {
	length := uint32(unsafe.Sizeof(*info))
	_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_INFO,
		uintptr(unsafe.Pointer(info)), uintptr(unsafe.Pointer(&length)), 0)
	check(errno == 0)
}

func main() {
	runtime.LockOSThread()
	client, accepted := connect()
	raw, err := accepted.(*net.TCPConn).SyscallConn()
	check(err == nil)
	var fd uintptr
	check(raw.Control(func(it uintptr) { fd = it }) == nil)

	var info tcpInfo
	var kept *unix.TCPInfo
	variants := map[string]func() float64{
		"C loop":                                func() float64 { return float64(C.loop_tcp_info(C.int(fd), calls)) },
		"syscall.Syscall6 by descriptor number": timed(func() { ask(fd, &info) }),
		"syscall.Syscall6 by net.Conn": timed(func() {
			check(raw.Control(func(it uintptr) { ask(it, &info) }) == nil)
		}),
		"unix.GetsockoptTCPInfo by net.Conn": timed(func() {
			check(raw.Control(func(it uintptr) {
				kept, _ = unix.GetsockoptTCPInfo(int(it), unix.IPPROTO_TCP, unix.TCP_INFO)
			}) == nil)
		}),
	}
	report(measure(variants))
	check(info.state == 1 && kept.State == 1)
	// Go closes a connection that nothing refers to.
	runtime.KeepAlive(client)
}

// Both ends of a connection, after a hundred messages.
func connect() (client, accepted net.Conn) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err == nil)
	client, err = net.Dial("tcp", listener.Addr().String())
	check(err == nil)
	accepted, err = listener.Accept()
	check(err == nil)
	for i := 0; i < 100; i++ {
		_, _ = client.Write(make([]byte, 100))
		_, _ = io.ReadFull(accepted, make([]byte, 100))
		_, _ = accepted.Write(make([]byte, 100))
		_, _ = io.ReadFull(client, make([]byte, 100))
	}
	return client, accepted
}

func timed(call func()) func() float64 {
	return func() float64 {
		start := C.thread_cpu_ns()
		for i := 0; i < calls; i++ {
			call()
		}
		return float64(C.thread_cpu_ns()-start) / calls
	}
}

func measure(variants map[string]func() float64) map[string][]float64 {
	names := []string{}
	for name := range variants {
		names = append(names, name)
	}
	samples := map[string][]float64{}
	for round := 0; round < rounds; round++ {
		rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			samples[name] = append(samples[name], variants[name]())
		}
	}
	return samples
}

func report(samples map[string][]float64) {
	base := samples["C loop"]
	names := []string{}
	for name := range samples {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		times := samples[name]
		ratios := make([]float64, len(times))
		for i, time := range times {
			ratios[i] = time / base[i]
		}
		fmt.Printf("%-40s quietest %5.0f ns, ratio %.2f; median of the ratios %.2f (%.2f–%.2f)\n", name,
			quantile(times, 0.05), quantile(times, 0.05)/quantile(base, 0.05),
			quantile(ratios, 0.5), quantile(ratios, 0.1), quantile(ratios, 0.9))
	}
}

func quantile(samples []float64, part float64) float64 {
	sorted := append([]float64{}, samples...)
	sort.Float64s(sorted)
	return sorted[int(part*float64(len(sorted)-1))]
}

func check(isTrue bool) {
	if !isTrue {
		panic("a call failed")
	}
}
