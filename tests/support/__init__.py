"""Helpers of the tests: orders, stores, scripted engines, loopback services, real peers."""
