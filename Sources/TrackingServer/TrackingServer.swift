internal import Hummingbird
internal import NIOCore
internal import Tracking
