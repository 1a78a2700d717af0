public import Exchange
public import MLflowDatabase

// Rooms of floor 2 do not know each other; here the two meet.
extension MLflowDatabase: ForeignStore {}
