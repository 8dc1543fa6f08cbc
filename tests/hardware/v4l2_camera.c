/* A webcam on the kernel's V4L2 interface, for a program that is started with this preloaded.
 *
 * What is opened under the name $V4L2_CAMERA is a video device, and every call to it is answered
 * here as the kernel answers it: an MJPEG stream of 15 frames a second, each of them the file
 * $V4L2_CAMERA-picture as it is then. Without that file the camera is unplugged, and while there
 * is $V4L2_CAMERA-busy another program holds it. OpenCV's own V4L2 driver does the rest.
 *
 * Apart from the test because only what lies between a program and the kernel can play a device
 * where no kernel module may be loaded.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUFFERS_MAX 8
#define SIZE_MAX_BYTES (4u << 20)
#define FRAME_NS 66000000L

static int device = -1;
static unsigned count, queued, oldest, queue[BUFFERS_MAX];
static struct v4l2_format format;

static int beside(const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s-%s", getenv("V4L2_CAMERA"), name);
    return access(path, F_OK) == 0;
}

static int fail(int error)
{
    errno = error;
    return -1;
}

static int ours(const char *path)
{
    const char *camera = getenv("V4L2_CAMERA");
    return camera && strcmp(path, camera) == 0;
}

/* The device's memory is what is mapped: each buffer at its own offset. */
static int opened(void)
{
    device = memfd_create("camera", 0);
    count = queued = oldest = 0;
    memset(&format, 0, sizeof format);
    if (device >= 0 && ftruncate(device, (off_t)BUFFERS_MAX * SIZE_MAX_BYTES) != 0)
        return -1;
    return device;
}

int open(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    if (!real)
        real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    return ours(path) ? opened() : real(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    if (!real)
        real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open64");
    return ours(path) ? opened() : real(path, flags, mode);
}

static int capability(struct v4l2_capability *told)
{
    memset(told, 0, sizeof *told);
    strcpy((char *)told->driver, "uvcvideo");
    strcpy((char *)told->card, "Webcam");
    told->capabilities = told->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    return 0;
}

/* As uvcvideo does: another program that has buffers makes every change of the format fail. */
static int set_format(struct v4l2_format *asked, int busy)
{
    if (busy)
        return fail(EBUSY);
    asked->fmt.pix.pixelformat = V4L2_PIX_FMT_MJPEG;
    asked->fmt.pix.width = 1280;
    asked->fmt.pix.height = 720;
    asked->fmt.pix.field = V4L2_FIELD_NONE;
    asked->fmt.pix.bytesperline = 0;
    asked->fmt.pix.sizeimage = SIZE_MAX_BYTES;
    format = *asked;
    return 0;
}

static int take_frame(struct v4l2_buffer *buffer, const char *picture)
{
    struct timespec pause = {0, FRAME_NS};
    if (!queued)
        return fail(EAGAIN);
    nanosleep(&pause, NULL);
    unsigned at = queue[oldest % BUFFERS_MAX];
    int file = open(picture, O_RDONLY);
    if (file < 0)
        return fail(ENODEV);
    char *memory = mmap(NULL, SIZE_MAX_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, device,
                        (off_t)at * SIZE_MAX_BYTES);
    ssize_t used = read(file, memory, SIZE_MAX_BYTES);
    munmap(memory, SIZE_MAX_BYTES);
    close(file);
    oldest++;
    queued--;
    buffer->index = at;
    buffer->length = SIZE_MAX_BYTES;
    buffer->bytesused = used > 0 ? (unsigned)used : 0;
    buffer->flags = 0;
    return 0;
}

static int answer(unsigned long request, void *given)
{
    char path[4096];
    int busy = beside("busy", path, sizeof path);
    if (!beside("picture", path, sizeof path))
        return fail(ENODEV);
    struct v4l2_buffer *buffer = given;
    switch (request) {
    case VIDIOC_QUERYCAP:
        return capability(given);
    case VIDIOC_G_FMT:
        *(struct v4l2_format *)given = format;
        return 0;
    case VIDIOC_S_FMT:
        return set_format(given, busy);
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: {
        struct v4l2_captureparm *parm = &((struct v4l2_streamparm *)given)->parm.capture;
        parm->capability = V4L2_CAP_TIMEPERFRAME;
        parm->timeperframe.numerator = 1;
        parm->timeperframe.denominator = 15;
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *asked = given;
        if (busy)
            return fail(EBUSY);
        if (asked->count > BUFFERS_MAX)
            asked->count = BUFFERS_MAX;
        count = asked->count;
        return 0;
    }
    case VIDIOC_QUERYBUF:
        if (buffer->index >= count)
            return fail(EINVAL);
        buffer->length = SIZE_MAX_BYTES;
        buffer->m.offset = buffer->index * SIZE_MAX_BYTES;
        return 0;
    case VIDIOC_QBUF:
        queue[(oldest + queued++) % BUFFERS_MAX] = buffer->index;
        return 0;
    case VIDIOC_DQBUF:
        return take_frame(buffer, path);
    case VIDIOC_STREAMON:
        return busy ? fail(EBUSY) : 0;
    case VIDIOC_STREAMOFF:
        queued = oldest = 0;
        return 0;
    default: /* inputs, controls, frame sizes: this camera has none */
        return fail(EINVAL);
    }
}

int ioctl(int file, unsigned long request, ...)
{
    static int (*real)(int, unsigned long, ...);
    va_list rest;
    va_start(rest, request);
    void *given = va_arg(rest, void *);
    va_end(rest);
    if (!real)
        real = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
    return file >= 0 && file == device ? answer(request, given) : real(file, request, given);
}

int close(int file)
{
    static int (*real)(int);
    if (!real)
        real = (int (*)(int))dlsym(RTLD_NEXT, "close");
    if (file >= 0 && file == device)
        device = -1;
    return real(file);
}
