/* Every pair at once, in C: the floor for benchmarks/matrix.py, which feeds it.
 *
 * Reads lines "namespace-path IPv4-address" and measures from every namespace to every other address, with the system
 * calls the product makes: one visit to each namespace, one raw socket there and sendmmsg/recvmmsg for icmp, one
 * non-blocking connection for each pair for tcp. Prints "reachable wall-ms cpu-ms".
 *
 *     matrix icmp|tcp PORT TIMEOUT_S < list
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 512
#define AT_ONCE 64
#define SLOT 64

struct packet {
    struct icmphdr header;
    unsigned char nonce[8];
};

static char paths[MOST][256];
static struct sockaddr_in targets[MOST];
static int count, home;
static unsigned char answered[MOST][MOST];
static int sockets[MOST];
static double rtts_ms[MOST][MOST];
static long reachable;

static double clock_ms(clockid_t clock) {
    struct timespec at;
    clock_gettime(clock, &at);
    return at.tv_sec * 1e3 + at.tv_nsec / 1e6;
}

static double now_ms(void) {
    return clock_ms(CLOCK_MONOTONIC);
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void enter(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || setns(descriptor, CLONE_NEWNET)) die(path);
    close(descriptor);
}

static unsigned short checksum(const void *data, int length) {
    const unsigned short *word = data;
    unsigned int sum = 0;
    for (; length > 1; length -= 2) sum += *word++;
    sum = (sum >> 16) + (sum & 0xffff);
    return ~(sum + (sum >> 16));
}

static int hear(int source, unsigned short identity, const unsigned char *nonce) {
    static unsigned char slots[AT_ONCE][SLOT];
    static char controls[AT_ONCE][CMSG_SPACE(sizeof(struct timespec))];
    static struct sockaddr_in names[AT_ONCE];
    struct mmsghdr messages[AT_ONCE];
    struct iovec vectors[AT_ONCE];
    int taken = 0;
    for (;;) {
        memset(messages, 0, sizeof messages);
        for (int slot = 0; slot < AT_ONCE; slot++) {
            vectors[slot] = (struct iovec){slots[slot], SLOT};
            messages[slot].msg_hdr = (struct msghdr){.msg_name = &names[slot], .msg_namelen = sizeof names[slot],
                                                     .msg_iov = &vectors[slot], .msg_iovlen = 1,
                                                     .msg_control = controls[slot], .msg_controllen = sizeof controls[slot]};
        }
        int got = recvmmsg(sockets[source], messages, AT_ONCE, MSG_DONTWAIT, NULL);
        if (got <= 0) {
            char quoted[512], control[512];
            struct iovec vector = {quoted, sizeof quoted};
            struct msghdr error = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
            recvmsg(sockets[source], &error, MSG_ERRQUEUE | MSG_DONTWAIT);
            return taken;
        }
        for (int slot = 0; slot < got; slot++) {
            struct packet reply;
            memcpy(&reply, slots[slot] + (slots[slot][0] & 15) * 4, sizeof reply);
            int target = ntohs(reply.header.un.echo.sequence);
            if (reply.header.type != ICMP_ECHOREPLY || reply.header.un.echo.id != identity || target >= count ||
                memcmp(reply.nonce, nonce, 8) || names[slot].sin_addr.s_addr != targets[target].sin_addr.s_addr ||
                answered[source][target])
                continue;
            answered[source][target] = 1;
            struct cmsghdr *stamp = CMSG_FIRSTHDR(&messages[slot].msg_hdr);
            if (stamp) rtts_ms[source][target] = ((struct timespec *)CMSG_DATA(stamp))->tv_nsec / 1e6;
            reachable++;
            taken++;
        }
    }
}

static void icmp(double timeout_ms) {
    static struct packet packets[MOST];
    static struct iovec vectors[MOST];
    static struct mmsghdr messages[MOST];
    unsigned char nonce[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    unsigned short identity = htons(getpid() & 0xffff);
    for (int target = 0; target < count; target++) {
        packets[target].header = (struct icmphdr){.type = ICMP_ECHO};
        packets[target].header.un.echo.id = identity;
        packets[target].header.un.echo.sequence = htons(target);
        memcpy(packets[target].nonce, nonce, 8);
        packets[target].header.checksum = checksum(&packets[target], sizeof packets[target]);
    }
    int poll = epoll_create1(0), left = 0;
    for (int source = 0; source < count; source++) {
        enter(paths[source]);
        int end = sockets[source] = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP);
        if (end < 0) die("socket");
        setns(home, CLONE_NEWNET);
        int one = 1, size = 1 << 20, filter = ~(1 << ICMP_ECHOREPLY);
        setsockopt(end, SOL_SOCKET, SO_BROADCAST, &one, sizeof one);
        setsockopt(end, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
        setsockopt(end, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
        setsockopt(end, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
        setsockopt(end, IPPROTO_IP, IP_RECVERR, &one, sizeof one);
        setsockopt(end, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
        int wanted = 0;
        for (int target = 0; target < count; target++) {
            if (target == source) continue;
            vectors[wanted] = (struct iovec){&packets[target], sizeof packets[target]};
            messages[wanted].msg_hdr = (struct msghdr){.msg_name = &targets[target], .msg_namelen = sizeof targets[target],
                                                       .msg_iov = &vectors[wanted], .msg_iovlen = 1};
            wanted++;
        }
        for (int sent = 0; sent < wanted;) {
            int some = wanted - sent < AT_ONCE ? wanted - sent : AT_ONCE;
            int now = sendmmsg(end, messages + sent, some, MSG_DONTWAIT);
            sent += now > 0 ? now : 1;
        }
        int silent = wanted - hear(source, identity, nonce);
        if (silent) {
            struct epoll_event event = {.events = EPOLLIN, .data.u32 = source};
            epoll_ctl(poll, EPOLL_CTL_ADD, end, &event);
            left += silent;
        }
    }
    double deadline = now_ms() + timeout_ms;
    while (left && now_ms() < deadline) {
        struct epoll_event events[AT_ONCE];
        int got = epoll_wait(poll, events, AT_ONCE, (int)(deadline - now_ms()) + 1);
        for (int number = 0; number < got; number++) left -= hear(events[number].data.u32, identity, nonce);
    }
    for (int source = 0; source < count; source++) close(sockets[source]);
}

static int settled(int end) {
    struct tcp_info info;
    socklen_t length = 72;
    struct linger reset = {1, 0};
    if (getsockopt(end, IPPROTO_TCP, TCP_INFO, &info, &length)) die("TCP_INFO");
    setsockopt(end, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(end);
    return 1;
}

static void tcp(int port, double timeout_ms) {
    static struct pollfd polls[MOST];
    int poll_all = epoll_create1(0), left = 0;
    struct rlimit room = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_NOFILE, &room);
    for (int target = 0; target < count; target++) targets[target].sin_port = htons(port);
    for (int source = 0; source < count; source++) {
        enter(paths[source]);
        for (int target = 0; target < count; target++)
            if ((polls[target].fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)) < 0) die("socket");
        setns(home, CLONE_NEWNET);
        for (int target = 0; target < count; target++) { /* itself too, as the product does */
            int one = 1;
            setsockopt(polls[target].fd, IPPROTO_IP, IP_RECVERR, &one, sizeof one);
            if (connect(polls[target].fd, (void *)&targets[target], sizeof targets[target]) && errno != EINPROGRESS)
                die("connect");
            polls[target].events = POLLOUT;
        }
        poll(polls, count, 0);
        for (int target = 0; target < count; target++) {
            if (polls[target].revents == POLLOUT) {
                reachable += settled(polls[target].fd) && source != target;
            } else {
                struct epoll_event event = {.events = EPOLLOUT, .data.fd = polls[target].fd};
                epoll_ctl(poll_all, EPOLL_CTL_ADD, polls[target].fd, &event);
                left++;
            }
        }
    }
    double deadline = now_ms() + timeout_ms;
    while (left && now_ms() < deadline) {
        struct epoll_event events[AT_ONCE];
        int got = epoll_wait(poll_all, events, AT_ONCE, (int)(deadline - now_ms()) + 1);
        for (int number = 0; number < got; number++, left--) {
            if (events[number].events == EPOLLOUT) reachable += settled(events[number].data.fd);
            else close(events[number].data.fd);
        }
    }
}

int main(int argc, char **argv) {
    char address[64];
    if (argc != 4) return 2;
    home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    while (count < MOST && scanf("%255s %63s", paths[count], address) == 2) {
        targets[count].sin_family = AF_INET;
        if (inet_pton(AF_INET, address, &targets[count].sin_addr) != 1) return 2;
        count++;
    }
    double begun = now_ms(), used = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
    if (!strcmp(argv[1], "icmp")) icmp(atof(argv[3]) * 1e3);
    else tcp(atoi(argv[2]), atof(argv[3]) * 1e3);
    printf("%ld %.3f %.3f\n", reachable, now_ms() - begun, clock_ms(CLOCK_PROCESS_CPUTIME_ID) - used);
    return 0;
}
