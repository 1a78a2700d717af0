internal import NIOCore
internal import NIOHTTP1
internal import Tracking

/// One connection: takes requests one after the other, and answers each in one write.
///
/// Everything here happens on the connection's event loop; answers come back to it from other threads.
final class Connection: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

  private enum Phase {
    /// Between requests.
    case idle
    /// A body is awaited.
    case receiving(Admitted, body: ByteBuffer)
    /// A refused request's body passes by; then it is answered.
    case refusing(APIReply)
    /// A body is handed on as it comes; the answer may come before its end.
    case uploading(UploadBody)
    /// The request is here, and is worked on.
    case answering
    /// The last answer is on its way out.
    case closing
  }

  private let responder: Responder
  private let limits: TrackingServer.Limits
  private var context: ChannelHandlerContext?
  private var phase = Phase.idle
  private var keepsAlive = true
  private var isHead = false
  private var isStreaming = false
  // What came while a request was being answered.
  private var pending = CircularBuffer<HTTPServerRequestPart>()
  private var isReadHeld = false
  private var isStopping = false
  private var lastProgress = NIODeadline.now()
  // Bytes of a body since then.
  private var newBytes = 0
  // When the first byte of a head came whose end has not.
  private var headBegan: NIODeadline?
  private var isPartRead = false
  private var watch: RepeatedTask?

  init(responder: Responder, limits: TrackingServer.Limits) {
    self.responder = responder
    self.limits = limits
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let delay = TimeAmount.milliseconds(max(100, min(5_000, Int64(limits.stallSeconds) * 250)))
    watch = context.eventLoop.scheduleRepeatedTask(initialDelay: delay, delay: delay) { _ in
      bound.value.checkTime()
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    ended()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    ended()
    self.context = nil
  }

  private func ended() {
    watch?.cancel()
    watch = nil
    if case .uploading(let body) = phase { body.fail() }
    phase = .closing
    pending.removeAll()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // What cannot be read as a request cannot be told from what follows it, so the connection ends.
    guard let parsing = error as? HTTPParserError, case .idle = phase else {
      context.close(promise: nil)
      return
    }
    let status = parsing == .headerOverflow ? 431 : 400
    keepsAlive = false
    send(APIError(.badRequest, status: status, "the request cannot be read as HTTP").reply)
  }

  // MARK: receiving

  func read(context: ChannelHandlerContext) {
    if takesMore { context.read() } else { isReadHeld = true }
  }

  private var takesMore: Bool {
    if case .uploading(let body) = phase { return body.takesMore }
    return pending.count < 8
  }

  private func resumeReading() {
    guard isReadHeld, takesMore else { return }
    isReadHeld = false
    context?.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = unwrapInboundIn(data)
    noteProgress(part)
    if case .answering = phase { pending.append(part) } else { take(part) }
  }

  // A byte of a body now and then is no progress.
  private func noteProgress(_ part: HTTPServerRequestPart) {
    if case .body(let bytes) = part {
      newBytes += bytes.readableBytes
      guard newBytes >= TrackingServer.Limits.progressBytes else { return }
    }
    newBytes = 0
    headBegan = nil
    isPartRead = true
    lastProgress = .now()
  }

  // Called after each read, also where it brought no whole part: then a head has begun.
  func channelReadComplete(context: ChannelHandlerContext) {
    if case .idle = phase, !isPartRead, headBegan == nil { headBegan = .now() }
    isPartRead = false
    context.fireChannelReadComplete()
  }

  private func take(_ part: HTTPServerRequestPart) {
    switch (part, phase) {
    case (.head(let head), .idle): begin(head)
    case (.body(let bytes), .receiving(let admitted, var body)):
      phase = .idle
      guard body.readableBytes + bytes.readableBytes <= limits.bodyBytes else { return refuse(responder.tooLarge) }
      if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
      phase = .receiving(admitted, body: body)
    case (.end, .receiving(var admitted, let body)):
      admitted.request.body = Array(body.readableBytesView)
      phase = .answering
      responder.respond(admitted, on: context!.eventLoop, answer: answer())
    case (.body(let bytes), .uploading(let body)): body.append(Array(bytes.readableBytesView))
    case (.end, .uploading(let body)):
      phase = .answering
      body.end()
    case (.end, .refusing(let reply)): send(reply)
    default: break
    }
  }

  private func begin(_ head: HTTPRequestHead) {
    keepsAlive = head.isKeepAlive && !isStopping
    isHead = head.method == .HEAD
    do {
      let admitted = try responder.admit(head)
      if head.headers.first(name: "expect")?.lowercased() == "100-continue" {
        context?.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
      }
      guard case .upload(let work) = admitted.route.work, let context else {
        phase = .receiving(admitted, body: ByteBuffer())
        return
      }
      let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
      let body = UploadBody(length: admitted.length, limit: limits.uploadBytes) { [loop = context.eventLoop] in
        loop.execute { bound.value.resumeReading() }
      }
      phase = .uploading(body)
      responder.upload(admitted.request, body, work, answer: answer())
    } catch {
      let reply = APIError(error).reply
      // A short body is let pass, so that the connection goes on; a long one, or one of unknown length, is not.
      let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
      if head.headers.contains(name: "transfer-encoding") || length > 64 << 10 {
        refuse(reply)
      } else {
        phase = .refusing(reply)
      }
    }
  }

  private func refuse(_ reply: APIReply) {
    keepsAlive = false
    send(reply)
  }

  // MARK: answering

  // The way back from other threads, for one answer.
  private func answer() -> Responder.Answer {
    let loop = context!.eventLoop
    let bound = NIOLoopBound(self, eventLoop: loop)
    return { reply in
      if loop.inEventLoop {
        bound.value.answered(reply)
      } else {
        loop.execute { bound.value.answered(reply) }
      }
    }
  }

  private func answered(_ reply: APIReply) {
    lastProgress = .now()
    switch phase {
    case .answering: break
    case .uploading(let body):
      // Answered before the whole body came: nobody reads the rest.
      body.fail()
      keepsAlive = false
    default: return
    }
    switch reply.body {
    case .bytes: send(reply)
    case .stream(let length, let produce): stream(reply, length, produce)
    }
  }

  private func send(_ reply: APIReply) {
    guard let context, case .bytes(let bytes) = reply.body else { return }
    if isStopping { keepsAlive = false }
    var buffer = context.channel.allocator.buffer(capacity: bytes.count + 256)
    ReplyHead.write(reply, length: bytes.count, closes: !keepsAlive, to: &buffer)
    if !isHead { buffer.writeBytes(bytes) }
    finish(with: buffer)
  }

  // Writes the end of an answer, and goes on with the next request.
  private func finish(with buffer: ByteBuffer) {
    guard let context else { return }
    responder.work.memory.noteAnswer(bytes: buffer.readableBytes, on: context.eventLoop)
    guard keepsAlive, !isStopping else {
      phase = .closing
      let channel = context.channel
      context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { _ in channel.close(promise: nil) }
      return
    }
    context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    phase = .idle
    while let part = pending.first {
      if case .answering = phase { break }
      pending.removeFirst()
      take(part)
    }
    resumeReading()
  }

  private func stream(_ reply: APIReply, _ length: Int?, _ produce: @escaping @Sendable (any ReplySink) throws -> Void)
  {
    guard let context else { return }
    if isStopping { keepsAlive = false }
    var buffer = context.channel.allocator.buffer(capacity: 512)
    ReplyHead.write(reply, length: length, closes: !keepsAlive, to: &buffer)
    if isHead { return finish(with: buffer) }
    context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    isStreaming = true
    let loop = context.eventLoop
    let bound = NIOLoopBound(self, eventLoop: loop)
    let sink = ConnectionSink(isChunked: length == nil, length: length) { bytes in
      try loop.flatSubmit {
        bound.value.sendBlock(bytes) ?? loop.makeFailedFuture(ChannelError.ioOnClosedChannel)
      }.wait()
    }
    responder.stream {
      let isWhole: Bool
      do {
        try produce(sink)
        isWhole = sink.isWhole
      } catch {
        isWhole = false
      }
      loop.execute { bound.value.streamed(isWhole: isWhole, isChunked: length == nil) }
    }
  }

  private func sendBlock(_ bytes: ByteBuffer) -> EventLoopFuture<Void>? {
    lastProgress = .now()
    return context?.writeAndFlush(wrapOutboundOut(bytes))
  }

  private func streamed(isWhole: Bool, isChunked: Bool) {
    isStreaming = false
    if let context { responder.work.memory.noteAnswer(bytes: .max, on: context.eventLoop) }
    // Without its promised length, or the end of the chunks, the receiver knows that something is missing.
    guard isWhole else {
      context?.close(promise: nil)
      return
    }
    finish(with: isChunked ? ByteBuffer(string: "0\r\n\r\n") : ByteBuffer())
  }

  // MARK: ending

  /// Ends the connection when what it has is answered.
  func stop() {
    isStopping = true
    if case .idle = phase { context?.close(promise: nil) }
  }

  private func checkTime() {
    let stall = TimeAmount.seconds(Int64(limits.stallSeconds))
    let isQuiet = NIODeadline.now() - lastProgress > stall
    switch phase {
    case .idle:
      if let headBegan {
        if NIODeadline.now() - headBegan > stall { refuse(responder.tooSlow) }
      } else if NIODeadline.now() - lastProgress > .seconds(Int64(limits.idleSeconds)) {
        context?.close(promise: nil)
      }
    case .receiving: if isQuiet { refuse(responder.tooSlow) }
    case .refusing(let reply): if isQuiet { refuse(reply) }
    // Where the store's side is slow, the sender waits.
    case .uploading(let body):
      guard isQuiet, body.takesMore else { return }
      phase = .closing
      body.fail()
      refuse(responder.tooSlow)
    // The receiver reads nothing.
    case .answering: if isQuiet, isStreaming { context?.close(promise: nil) }
    case .closing: if isQuiet { context?.close(promise: nil) }
    }
  }
}
