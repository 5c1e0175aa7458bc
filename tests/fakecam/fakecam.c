/* A camera that is not there: /dev/videoN for one process, by LD_PRELOAD.
 *
 * Programs that use V4L2 (OpenCV's real backend among them) find a device, set a format,
 * map buffers, start the stream and wait for pictures, all without a kernel driver. A test
 * in another process shares the control file with it and plugs, stalls or blocks the
 * camera while it runs.
 *
 * The handle is an eventfd that counts finished pictures, so select, poll and epoll work
 * as they are. A thread plays the sensor. As with a USB camera, a picture needs a free
 * buffer when its transfer begins, one period before it is complete; otherwise it is
 * skipped. Its time stamp is the moment when it was complete, CLOCK_MONOTONIC.
 *
 * Environment: FAKECAM_CONTROL names the control file, FAKECAM_PICTURES the pictures:
 * records of a 32-bit length and the bytes, the last record is the black picture.
 * One camera per process, at most HANDLES_MAX handles on it; not for production.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define BUFFERS_MAX 16
#define HANDLES_MAX 8
#define MODES 3
#define SECOND_NS 1000000000LL
#define VIDEO_MAJOR 81

/* The control file: 64-bit words; the order is known to __init__.py as well. */
enum word {
    WIDTH, HEIGHT, FPS, FOURCC,        /* of the pictures in the file */
    NUMBER,                            /* the device is /dev/video<NUMBER> */
    PLUGGED, GENERATION,               /* a handle lives until the next plug-in */
    BUSY, FORBIDDEN, STALLED, BLACK, DAMAGED, STAMPS, LOOPS,
    BEGIN_NS,                          /* when the first picture is due; 0: at stream start */
    OPENED, STREAMING, SENT, SKIPPED,  /* written here; STREAMING is a process or 0 */
    WORDS
};
enum busy { FREE, BUSY_OPEN, BUSY_FORMAT, BUSY_START };
enum stamps { STAMP_MONOTONIC, STAMP_WALL, STAMP_ZERO };

struct mode { uint32_t fourcc, width, height, fps; int from_file; };

struct queue { int items[BUFFERS_MAX]; int first, count; };

struct handle {
    int fd, used, metadata_only;
    int64_t generation;
    struct mode mode;
    int memory_fd, buffers;
    unsigned char *memory;
    struct queue empty, full;
    uint32_t used_bytes[BUFFERS_MAX], sequence[BUFFERS_MAX];
    int64_t stamp_ns[BUFFERS_MAX];
    pthread_t sensor;
    volatile int streaming;
};

static struct handle handles[HANDLES_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int64_t *control;
static const unsigned char *pictures;
static const unsigned char **record;
static uint32_t *record_bytes;
static int64_t records; /* the last one is the black picture */

/* ---- what the C library would have done ---- */

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) { fprintf(stderr, "fakecam: no %s\n", name); abort(); }
    return found;
}

static int64_t now_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * SECOND_NS + t.tv_nsec;
}

static int fail(int error) { errno = error; return -1; }

/* ---- the two files ---- */

static void *map_file(const char *variable, int writable, size_t *size) {
    const char *path = getenv(variable);
    int fd = path ? REAL(open)(path, writable ? O_RDWR | O_CLOEXEC : O_RDONLY | O_CLOEXEC) : -1;
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts)) { fprintf(stderr, "fakecam: %s?\n", variable); abort(); }
    *size = facts.st_size;
    int access = PROT_READ | (writable ? PROT_WRITE : 0);
    void *memory = REAL(mmap)(NULL, *size, access, writable ? MAP_SHARED : MAP_PRIVATE, fd, 0);
    REAL(close)(fd);
    return memory == MAP_FAILED ? NULL : memory;
}

static void load_pictures(void) {
    size_t size, place = 0, room = 0;
    pictures = map_file("FAKECAM_PICTURES", 0, &size);
    while (pictures && place + 4 <= size) {
        uint32_t bytes;
        memcpy(&bytes, pictures + place, 4);
        if ((size_t)records == room) {
            room = room ? 2 * room : 256;
            record = realloc(record, room * sizeof *record);
            record_bytes = realloc(record_bytes, room * sizeof *record_bytes);
        }
        record[records] = pictures + place + 4;
        record_bytes[records++] = bytes;
        place += 4 + bytes;
    }
    if (records < 2) { fprintf(stderr, "fakecam: no pictures\n"); abort(); }
}

__attribute__((constructor)) static void start(void) {
    size_t size;
    if (!getenv("FAKECAM_CONTROL")) return;
    control = map_file("FAKECAM_CONTROL", 1, &size);
    if (size < WORDS * sizeof *control) abort();
    load_pictures();
}

/* ---- modes: one slow, one small, and the one of the file ---- */

static struct mode mode_of(int index) {
    struct mode small = {V4L2_PIX_FMT_YUYV, 640, 480, 30, 0};
    struct mode slow = {V4L2_PIX_FMT_YUYV, control[WIDTH], control[HEIGHT], 10, 0};
    struct mode file = {control[FOURCC], control[WIDTH], control[HEIGHT], control[FPS], 1};
    return index == 0 ? small : index == 1 ? slow : file;
}

/* Uncompressed pictures in the file take the place of the slow mode. */
static int mode_exists(int index) {
    return index >= 0 && index < MODES && !(index == 1 && control[FOURCC] == V4L2_PIX_FMT_YUYV);
}

static uint32_t picture_bytes(const struct mode *mode) { return mode->width * mode->height * 2; }

static size_t buffer_room(const struct mode *mode) {
    return (picture_bytes(mode) + 4095) & ~(size_t)4095;
}

/* As a driver does: an unknown format becomes the first, an unknown size the nearest. */
static struct mode nearest_mode(uint32_t fourcc, uint32_t width, uint32_t height) {
    struct mode best = mode_of(0);
    int64_t best_distance = INT64_MAX;
    int known = 0;
    for (int i = 0; i < MODES; i++) known |= mode_exists(i) && mode_of(i).fourcc == fourcc;
    for (int i = 0; i < MODES; i++) {
        struct mode mode = mode_of(i);
        if (!mode_exists(i) || (known && mode.fourcc != fourcc)) continue;
        int64_t distance = llabs((int64_t)mode.width * mode.height - (int64_t)width * height);
        if (distance < best_distance) { best = mode; best_distance = distance; }
    }
    return best;
}

static void describe(const struct mode *mode, struct v4l2_pix_format *format) {
    memset(format, 0, sizeof *format);
    format->width = mode->width;
    format->height = mode->height;
    format->pixelformat = mode->fourcc;
    format->field = V4L2_FIELD_NONE;
    format->bytesperline = mode->fourcc == V4L2_PIX_FMT_YUYV ? mode->width * 2 : 0;
    format->sizeimage = picture_bytes(mode);
    format->colorspace = V4L2_COLORSPACE_SRGB;
}

/* ---- the sensor ---- */

static void push(struct queue *queue, int item) {
    queue->items[(queue->first + queue->count++) % BUFFERS_MAX] = item;
}

static int pop(struct queue *queue) {
    if (!queue->count) return -1;
    int item = queue->items[queue->first];
    queue->first = (queue->first + 1) % BUFFERS_MAX;
    queue->count--;
    return item;
}

static int is_alive(const struct handle *h) {
    return control[PLUGGED] && control[GENERATION] == h->generation;
}

static uint32_t draw_ramp(const struct mode *mode, int64_t shift, unsigned char *into) {
    uint32_t bytes = picture_bytes(mode);
    for (uint32_t i = 0; i < bytes; i += 2) {
        into[i] = control[BLACK] ? 16 : 40 + (i / 8 + shift) % 160;
        into[i + 1] = 128;
    }
    return bytes;
}

static uint32_t draw(const struct handle *h, int64_t due_ns, unsigned char *into) {
    int64_t count = records - 1, since_ns = due_ns - control[BEGIN_NS];
    int64_t number = since_ns < 0 ? 0 : (since_ns * control[FPS] + SECOND_NS / 2) / SECOND_NS;
    if (!h->mode.from_file) return draw_ramp(&h->mode, number, into);
    if (control[LOOPS]) number %= count;
    /* A sensor is never still: where time stands, two pictures take turns. */
    if (since_ns < 0 && count > 1) number = -since_ns / (SECOND_NS / control[FPS]) & 1;
    if (number >= count) number = count > 1 ? count - 1 - (number & 1) : 0;
    if (control[BLACK]) number = count;
    uint32_t bytes = record_bytes[number];
    if (bytes > picture_bytes(&h->mode)) bytes = picture_bytes(&h->mode);
    memcpy(into, record[number], bytes);
    return control[DAMAGED] ? bytes / 2 : bytes;
}

static void finish_picture(struct handle *h, int buffer, int64_t due_ns, uint32_t sequence) {
    h->used_bytes[buffer] = draw(h, due_ns, h->memory + buffer * buffer_room(&h->mode));
    h->sequence[buffer] = sequence;
    h->stamp_ns[buffer] = control[STAMPS] == STAMP_MONOTONIC ? due_ns
                          : control[STAMPS] == STAMP_WALL    ? now_ns(CLOCK_REALTIME)
                                                             : 0;
    pthread_mutex_lock(&lock);
    push(&h->full, buffer);
    pthread_mutex_unlock(&lock);
    control[SENT]++;
    eventfd_write(h->fd, 1);
}

static void *run_sensor(void *argument) {
    struct handle *h = argument;
    int64_t period_ns = SECOND_NS / h->mode.fps, due_ns = now_ns(CLOCK_MONOTONIC);
    for (uint32_t sequence = 0; h->streaming; sequence++) {
        pthread_mutex_lock(&lock);
        int buffer = pop(&h->empty); /* here the transfer begins */
        pthread_mutex_unlock(&lock);
        due_ns += period_ns;
        struct timespec due = {due_ns / SECOND_NS, due_ns % SECOND_NS};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) {}
        if (!is_alive(h)) {
            eventfd_write(h->fd, 1); /* wakes who waits; they are told ENODEV */
            break;
        }
        if (buffer >= 0 && !control[STALLED] && h->streaming) {
            finish_picture(h, buffer, due_ns, sequence);
            continue;
        }
        if (buffer < 0) { control[SKIPPED]++; continue; }
        pthread_mutex_lock(&lock);
        push(&h->empty, buffer);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

/* A USB camera serves one; another handle may look, but neither set nor stream. */
static int is_taken(const struct handle *h) {
    int64_t streams = control[STREAMING]; /* a process that was killed no longer does */
    return control[BUSY] == BUSY_FORMAT || (streams && !h->streaming && !kill(streams, 0));
}

static int start_stream(struct handle *h) {
    if (control[BUSY] == BUSY_START || is_taken(h)) return fail(EBUSY);
    if (!h->buffers) return fail(EINVAL);
    if (!control[BEGIN_NS]) control[BEGIN_NS] = now_ns(CLOCK_MONOTONIC);
    h->streaming = 1;
    control[STREAMING] = getpid();
    if (pthread_create(&h->sensor, NULL, run_sensor, h)) abort();
    return 0;
}

static void stop_stream(struct handle *h) {
    eventfd_t pending;
    if (!h->streaming) return;
    h->streaming = 0;
    pthread_join(h->sensor, NULL);
    control[STREAMING] = 0;
    h->empty.count = h->full.count = 0;
    while (eventfd_read(h->fd, &pending) == 0) {}
}

static void free_buffers(struct handle *h) {
    if (h->buffers) {
        munmap(h->memory, BUFFERS_MAX * buffer_room(&h->mode));
        REAL(close)(h->memory_fd);
    }
    h->buffers = 0;
}

/* ---- what the driver is asked ---- */

static int query_capabilities(struct handle *h, struct v4l2_capability *c) {
    memset(c, 0, sizeof *c);
    snprintf((char *)c->driver, sizeof c->driver, "fakecam");
    snprintf((char *)c->card, sizeof c->card, "Fake Camera");
    snprintf((char *)c->bus_info, sizeof c->bus_info, "platform:fakecam");
    c->version = 0x060000;
    c->device_caps =
        V4L2_CAP_STREAMING | (h->metadata_only ? V4L2_CAP_META_CAPTURE : V4L2_CAP_VIDEO_CAPTURE);
    /* The whole device captures video, also when asked through its metadata node. */
    c->capabilities = c->device_caps | V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_DEVICE_CAPS;
    return 0;
}

static int enumerate_formats(struct v4l2_fmtdesc *d) {
    uint32_t fourccs[2] = {V4L2_PIX_FMT_YUYV, control[FOURCC]};
    if (d->index >= (fourccs[0] == fourccs[1] ? 1u : 2u)) return fail(EINVAL);
    d->pixelformat = fourccs[d->index];
    d->flags = d->pixelformat == V4L2_PIX_FMT_YUYV ? 0 : V4L2_FMT_FLAG_COMPRESSED;
    snprintf((char *)d->description, sizeof d->description, "%.4s", (char *)&d->pixelformat);
    return 0;
}

static int enumerate_sizes(struct v4l2_frmsizeenum *e) {
    uint32_t left = e->index;
    for (int i = 0; i < MODES; i++) {
        struct mode mode = mode_of(i);
        if (!mode_exists(i) || mode.fourcc != e->pixel_format || left--) continue;
        e->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        e->discrete.width = mode.width;
        e->discrete.height = mode.height;
        return 0;
    }
    return fail(EINVAL);
}

static int enumerate_intervals(struct v4l2_frmivalenum *e) {
    for (int i = 0; i < MODES && !e->index; i++) {
        struct mode mode = mode_of(i);
        if (!mode_exists(i) || mode.fourcc != e->pixel_format || mode.width != e->width ||
            mode.height != e->height)
            continue;
        e->type = V4L2_FRMIVAL_TYPE_DISCRETE;
        e->discrete.numerator = 1;
        e->discrete.denominator = mode.fps;
        return 0;
    }
    return fail(EINVAL);
}

static int set_format(struct handle *h, struct v4l2_format *f, int try_only) {
    if (f->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
    if (!try_only && (is_taken(h) || h->buffers)) return fail(EBUSY);
    struct v4l2_pix_format *pix = &f->fmt.pix;
    struct mode mode = nearest_mode(pix->pixelformat, pix->width, pix->height);
    if (!try_only) h->mode = mode;
    describe(&mode, pix);
    return 0;
}

static int rate(struct handle *h, struct v4l2_streamparm *p) {
    if (p->type != V4L2_BUF_TYPE_VIDEO_CAPTURE) return fail(EINVAL);
    memset(&p->parm, 0, sizeof p->parm);
    p->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
    p->parm.capture.timeperframe.numerator = 1;
    p->parm.capture.timeperframe.denominator = h->mode.fps;
    return 0;
}

static int request_buffers(struct handle *h, struct v4l2_requestbuffers *r) {
    if (r->type != V4L2_BUF_TYPE_VIDEO_CAPTURE || r->memory != V4L2_MEMORY_MMAP)
        return fail(EINVAL);
    if (is_taken(h) || h->streaming) return fail(EBUSY);
    free_buffers(h);
    if (r->count > BUFFERS_MAX) r->count = BUFFERS_MAX;
    if (!r->count) return 0;
    size_t size = BUFFERS_MAX * buffer_room(&h->mode);
    h->memory_fd = memfd_create("fakecam", MFD_CLOEXEC);
    if (h->memory_fd < 0 || ftruncate(h->memory_fd, size)) return -1;
    h->memory = REAL(mmap)(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, h->memory_fd, 0);
    if (h->memory == MAP_FAILED) return -1;
    h->buffers = r->count;
    return 0;
}

static int query_buffer(struct handle *h, struct v4l2_buffer *b) {
    if ((int)b->index >= h->buffers) return fail(EINVAL);
    b->length = picture_bytes(&h->mode);
    b->m.offset = b->index * buffer_room(&h->mode);
    b->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    return 0;
}

static int queue_buffer(struct handle *h, struct v4l2_buffer *b) {
    if ((int)b->index >= h->buffers) return fail(EINVAL);
    pthread_mutex_lock(&lock);
    push(&h->empty, b->index);
    pthread_mutex_unlock(&lock);
    return 0;
}

static int dequeue_buffer(struct handle *h, struct v4l2_buffer *b) {
    eventfd_t one;
    if (!h->streaming) return fail(EINVAL);
    pthread_mutex_lock(&lock);
    int index = pop(&h->full);
    pthread_mutex_unlock(&lock);
    if (index < 0) return fail(EAGAIN);
    eventfd_read(h->fd, &one);
    b->index = index;
    query_buffer(h, b);
    b->bytesused = h->used_bytes[index];
    b->flags |= V4L2_BUF_FLAG_DONE;
    b->field = V4L2_FIELD_NONE;
    b->sequence = h->sequence[index];
    b->timestamp.tv_sec = h->stamp_ns[index] / SECOND_NS;
    b->timestamp.tv_usec = h->stamp_ns[index] % SECOND_NS / 1000;
    return 0;
}

static int input(struct v4l2_input *i) {
    if (i->index) return fail(EINVAL);
    snprintf((char *)i->name, sizeof i->name, "Camera 1");
    i->type = V4L2_INPUT_TYPE_CAMERA;
    return 0;
}

static int answer(struct handle *h, unsigned long request, void *data) {
    if (!is_alive(h)) return fail(ENODEV);
    if ((uint32_t)request == VIDIOC_QUERYCAP) return query_capabilities(h, data);
    if (h->metadata_only) return fail(ENOTTY);
    switch ((uint32_t)request) {
    case VIDIOC_ENUMINPUT: return input(data);
    case VIDIOC_G_INPUT: return *(int *)data = 0;
    case VIDIOC_S_INPUT: return *(int *)data ? fail(EINVAL) : 0;
    case VIDIOC_ENUM_FMT: return enumerate_formats(data);
    case VIDIOC_ENUM_FRAMESIZES: return enumerate_sizes(data);
    case VIDIOC_ENUM_FRAMEINTERVALS: return enumerate_intervals(data);
    case VIDIOC_G_FMT: describe(&h->mode, &((struct v4l2_format *)data)->fmt.pix); return 0;
    case VIDIOC_TRY_FMT: return set_format(h, data, 1);
    case VIDIOC_S_FMT: return set_format(h, data, 0);
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: return rate(h, data);
    case VIDIOC_REQBUFS: return request_buffers(h, data);
    case VIDIOC_QUERYBUF: return query_buffer(h, data);
    case VIDIOC_QBUF: return queue_buffer(h, data);
    case VIDIOC_DQBUF: return dequeue_buffer(h, data);
    case VIDIOC_STREAMON: return start_stream(h);
    case VIDIOC_STREAMOFF: stop_stream(h); return 0;
    default: return fail(ENOTTY);
    }
}

/* ---- the calls that are caught ---- */

enum node { NOT_OURS, CAMERA, METADATA, EMPTY };

/* All of /dev/video* belongs to us, so that a real camera does not disturb a test. */
static enum node node_of(const char *path) {
    int number, end = 0;
    if (!control || !path) return NOT_OURS;
    if (sscanf(path, "/dev/video%d%n", &number, &end) != 1 || path[end]) return NOT_OURS;
    if (!control[PLUGGED]) return EMPTY;
    return number == control[NUMBER] ? CAMERA : number == control[NUMBER] + 1 ? METADATA : EMPTY;
}

static struct handle *handle_of(int fd) {
    for (int i = 0; control && fd >= 0 && i < HANDLES_MAX; i++)
        if (handles[i].used && handles[i].fd == fd) return &handles[i];
    return NULL;
}

static int open_camera(enum node node) {
    if (node == EMPTY) return fail(ENOENT);
    if (control[FORBIDDEN]) return fail(EACCES);
    if (control[BUSY] == BUSY_OPEN && node == CAMERA) return fail(EBUSY);
    for (int i = 0; i < HANDLES_MAX; i++) {
        if (handles[i].used) continue;
        memset(&handles[i], 0, sizeof handles[i]);
        handles[i].used = 1;
        handles[i].fd = eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC);
        handles[i].metadata_only = node == METADATA;
        handles[i].generation = control[GENERATION];
        handles[i].mode = mode_of(0);
        control[OPENED]++;
        return handles[i].fd;
    }
    return fail(EMFILE);
}

#define OPEN_LIKE(name)                                                 \
    EXPORT int name(const char *path, int flags, ...) {                 \
        va_list more;                                                   \
        va_start(more, flags);                                          \
        int mode = va_arg(more, int);                                   \
        va_end(more);                                                   \
        enum node node = node_of(path);                                 \
        return node ? open_camera(node) : REAL(name)(path, flags, mode); \
    }
OPEN_LIKE(open)
OPEN_LIKE(open64)

EXPORT int close(int fd) {
    struct handle *h = handle_of(fd);
    if (h) {
        stop_stream(h);
        free_buffers(h);
        h->used = 0;
    }
    return REAL(close)(fd);
}

EXPORT int ioctl(int fd, unsigned long request, ...) {
    va_list more;
    va_start(more, request);
    void *data = va_arg(more, void *);
    va_end(more);
    struct handle *h = handle_of(fd);
    return h ? answer(h, request, data) : REAL(ioctl)(fd, request, data);
}

#define MMAP_LIKE(name, offset_type)                                                         \
    EXPORT void *name(void *at, size_t size, int access, int flags, int fd, offset_type o) { \
        struct handle *h = handle_of(fd);                                                    \
        return REAL(name)(at, size, access, flags, h ? h->memory_fd : fd, o);                \
    }
MMAP_LIKE(mmap, off_t)
MMAP_LIKE(mmap64, off64_t)

#define STAT_BODY(facts, otherwise)                    \
    enum node node = node_of(path);                    \
    if (node == NOT_OURS) return otherwise;            \
    if (node == EMPTY) return fail(ENOENT);            \
    memset(facts, 0, sizeof *facts);                   \
    facts->st_mode = S_IFCHR | 0660;                   \
    facts->st_rdev = makedev(VIDEO_MAJOR, node - CAMERA); \
    return 0;

EXPORT int stat(const char *path, struct stat *facts) {
    STAT_BODY(facts, REAL(stat)(path, facts))
}
EXPORT int stat64(const char *path, struct stat64 *facts) {
    STAT_BODY(facts, REAL(stat64)(path, facts))
}
/* Libraries built against a glibc before 2.33 (manylinux wheels) come this way. */
typedef int xstat_call(int, const char *, struct stat *);
EXPORT int __xstat(int version, const char *path, struct stat *facts) {
    STAT_BODY(facts, ((xstat_call *)real("__xstat"))(version, path, facts))
}
typedef int xstat64_call(int, const char *, struct stat64 *);
EXPORT int __xstat64(int version, const char *path, struct stat64 *facts) {
    STAT_BODY(facts, ((xstat64_call *)real("__xstat64"))(version, path, facts))
}

EXPORT int access(const char *path, int wanted) {
    enum node node = node_of(path);
    if (node == NOT_OURS) return REAL(access)(path, wanted);
    if (node == EMPTY) return fail(ENOENT);
    return control[FORBIDDEN] && wanted != F_OK ? fail(EACCES) : 0;
}
