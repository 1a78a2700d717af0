import Testing

@Test("the server's tests are built") func placeholder() {}
