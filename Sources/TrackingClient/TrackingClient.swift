internal import AsyncHTTPClient
internal import Tracking
